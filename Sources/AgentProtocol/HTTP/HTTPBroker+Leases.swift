public import CurlHTTP
public import TaskModel

extension HTTPBroker {
    private func call(_ method: String, _ lease: LeaseID, _ path: String) -> AgentCaller.Call {
        AgentCaller.Call(method, "\(AgentPaths.lease(lease))/\(path)", credential)
    }

    public func resume(_ lease: LeaseID) async throws -> RunAssignment {
        let answer: AssignmentAnswer = try await caller.exchange(call("GET", lease, "assignment"))
        return try answer.assignment()
    }

    public func uploadedContext(_ lease: LeaseID, in directory: String) async throws -> String {
        try await contexts.file(for: lease, in: directory) { file in
            var call = call("GET", lease, "context")
            call.deadline = nil
            try await caller.receive(call) { response in
                let length = response.headers["Content-Length"].flatMap { Int64($0) }
                try await file.take(response.body, length: length)
            }
        }
    }

    /// Events of a lease are sent one after another, in the order of the calls.
    public func report(_ event: RunEvent, for lease: LeaseID) async throws {
        try await events.next(of: lease) { [self] stream, sequence in
            try await caller.tell(call("PUT", lease, "events/\(sequence)?stream=\(stream)"), EventRequest(event))
        }
    }

    public func appendLog(_ bytes: [UInt8], at offset: Int64, for lease: LeaseID) async throws {
        var call = call("PUT", lease, "log?offset=\(offset)")
        call.body = .bytes(bytes)
        call.contentType = "application/octet-stream"
        call.deadline = .seconds(60)
        try await caller.tell(call)
    }

    public func secret(_ location: SecretLocation, for lease: LeaseID) async throws -> Secret {
        let answer: SecretAnswer = try await caller.exchange(
            call("POST", lease, "secrets"), sending: SecretRequest(location))
        return answer.value
    }

    public func grantPush(_ lease: LeaseID, of image: ImageReference) async throws -> PushGrant {
        var call = call("POST", lease, "push-grants")
        call.deadline = .seconds(15)
        let answer: GrantAnswer = try await caller.exchange(call, sending: GrantRequest(image))
        return answer.grant
    }

    public func keepOutput(_ form: ImageArchive, _ content: BytePipe, for lease: LeaseID) async throws {
        defer { content.abandon() }
        var call = call("PUT", lease, "outputs/\(form.rawValue)")
        call.deadline = nil
        call.contentType = "application/octet-stream"
        call.body = .stream(length: nil) { pipe in
            while let bytes = try await content.read() { try await pipe.write(bytes) }
        }
        try await caller.tell(call)
    }

    public func renew(_ lease: LeaseID, waiting: Duration) async throws -> LeaseState {
        var call = call("POST", lease, "renewal?wait=\(waiting.components.seconds)")
        call.deadline = waiting + .seconds(10)
        do {
            let answer: RenewalAnswer = try await caller.exchange(call)
            if answer.leaseState == .lost { forget(lease) }
            return answer.leaseState
        } catch BrokerError.leaseLost {
            forget(lease)
            return .lost
        }
    }

    public func finish(_ lease: LeaseID, with outcome: RunOutcome, logLength: Int64) async throws {
        do {
            try await caller.tell(call("PUT", lease, "outcome"), OutcomeRequest(outcome, logLength: logLength))
        } catch BrokerError.leaseLost {
            forget(lease)
            throw BrokerError.leaseLost
        }
        forget(lease)
    }

    public func release(_ lease: LeaseID) { forget(lease) }

    private func forget(_ lease: LeaseID) {
        events.forget(lease)
        contexts.forget(lease)
    }
}
