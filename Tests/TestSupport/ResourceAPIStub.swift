import Foundation

/// A server of the resource API that does what a test tells it to: one registry, one run, whose log and end the test
/// writes.
///
/// For what must happen on cue, a token that is refused or a log that grows; everything else is tested against the real
/// server.
public final class ResourceAPIStub: @unchecked Sendable {
    public static let secret = "the secret"
    public static let registryPath =
        "/subscriptions/S/resourceGroups/G/providers/Microsoft.ContainerRegistry/registries/acme01"

    /// What the test may look at and change between ``change(_:)``s.
    public struct State {
        public var tokensGiven = 0
        /// Tokens are `token-N`; those below this number are refused.
        public var oldestToken = 1
        /// How long a token is said to last, in seconds.
        public var tokenLifetime = 3600
        public var log: [UInt8] = []
        public var hasLog = true
        /// `successful`, `failed` and so on once the log is complete.
        public var complete: String?
        public var status = "Running"
        public var errorMessage: String?
        /// JSON of the steps of runs.
        public var steps: String?
        /// Bodies that arrived whole.
        public var uploads: [[UInt8]] = []
        public var brokenUploads = 0
        public var scheduled: [[UInt8]] = []
        public var cancelBodies: [[UInt8]] = []
        public var cancels = 0
        /// What `GET P/runs` gives, one page each.
        public var pages: [[String]] = [["ca1"]]
        /// Answers of status 503 before the next call succeeds.
        public var busyAnswers = 0
        public var uploadStatus = 201
        /// What uploads are said to be taken in; nothing is said as other servers do.
        public var compressions: [String] = []
        /// Read a mebibyte of an upload and then nothing more.
        public var stallsUploads = false
        public var stalledUploads = 0
        /// Whether a log link with the signature of this number is refused.
        public var linksGiven = 0
        public var oldestLink = 1
        public var knowsWait = true
        /// More answers, by method and path below the registry, as in `GET /agentPools`; an empty one has the status 202.
        public var answers: [String: String] = [:]
        /// The bodies of requests for these, other than GET.
        public var bodies: [String] = []
    }

    // Guarded by the condition, which is signalled at each change.
    private var state = State()
    private var isOver = false
    private let condition = NSCondition()

    public init() {}

    public func change(_ work: (inout State) -> Void) {
        condition.withLock {
            work(&state)
            condition.broadcast()
        }
    }

    public var now: State { condition.withLock { state } }

    /// Waits until the state is as wished, or a minute is over: then what the test expects is not so.
    public func wait(until isReached: @escaping @Sendable (State) -> Bool) async {
        try? await eventually("the stub to be as wished") { [self] in isReached(now) }
    }

    /// Runs `use` with a server that is gone afterwards.
    public func serve<Result>(_ use: (LoopbackServer) async throws -> Result) async throws -> Result {
        // Or threads that wait for a change would stay for good.
        defer {
            condition.withLock {
                isOver = true
                condition.broadcast()
            }
        }
        return try await LoopbackServer.with { [self] request, connection in
            try answer(request, connection)
        } use: { server in
            try await use(server)
        }
    }

    // MARK: Routes

    private func answer(_ request: LoopbackRequest, _ connection: LoopbackConnection) throws {
        if request.path.hasPrefix("/blobs/log") { return try readLog(request, connection) }
        if request.path.hasPrefix("/blobs/") { return try takeUpload(request, connection) }
        let body = try connection.readBody(of: request)
        if request.path == "/adfs/oauth2/token" { return try giveToken(body, connection) }
        if now.busyAnswers > 0 {
            change { $0.busyAnswers -= 1 }
            return try refuse(503, "ServiceUnavailable", connection, headers: [("Retry-After", "0")])
        }
        let token = request["Authorization"].flatMap { Int($0.split(separator: "-").last ?? "") } ?? 0
        guard token >= now.oldestToken, token <= now.tokensGiven else {
            return try refuse(401, "AuthenticationFailed", connection)
        }
        try answer(request, body: body, connection)
    }

    private func answer(_ request: LoopbackRequest, body: [UInt8], _ connection: LoopbackConnection) throws {
        let server = "http://" + (request["Host"] ?? "")
        let root = Self.registryPath
        switch (request.method, request.path) {
        case ("GET", "/subscriptions"):
            try json(
                #"{"value":[{"id":"/subscriptions/S","subscriptionId":"S","tenantId":"T","displayName":"Local","state":"Enabled"}]}"#,
                connection)
        case ("GET", "/subscriptions/S/resources"):
            try json(
                #"{"value":[{"id":"\#(root)","name":"acme01","type":"Microsoft.ContainerRegistry/registries"}]}"#,
                connection)
        case ("POST", root + "/listBuildSourceUploadUrl"):
            let names = now.compressions.map { "\"\($0)\"" }.joined(separator: ",")
            let compressions = names.isEmpty ? "" : #","compressions":[\#(names)]"#
            try json(
                #"{"uploadUrl":"\#(server)/blobs/source/c.tar.gz?sig=s","relativePath":"source/c.tar.gz"\#(compressions)}"#,
                connection)
        case ("POST", root + "/scheduleRun"):
            change { $0.scheduled.append(body) }
            try json(run("ca1"), connection)
        case ("GET", root + "/runs"):
            try listRuns(request, server: server, connection)
        case ("GET", root + "/runs/ca1"):
            try json(run("ca1"), connection)
        case ("POST", root + "/runs/ca1/cancel"):
            change {
                $0.cancels += 1
                $0.status = "Canceled"
                $0.complete = "canceled"
            }
            try connection.answer(200)
        case ("POST", root + "/runs/cancel"):
            change { $0.cancelBodies.append(body) }
            let items = [
                ("ca1", "Running", "cancelRequested"), ("ca2", "Queued", "canceled"),
                ("ca3", "Failed", "alreadyFinished"),
            ]
            try json(
                #"{"value":["#
                    + items.map { #"{"runId":"\#($0)","previousStatus":"\#($1)","result":"\#($2)"}"# }.joined(
                        separator: ",") + "]}",
                connection)
        case ("POST", root + "/runs/ca1/listLogSasUrl"):
            change { $0.linksGiven += 1 }
            try json(#"{"logLink":"\#(server)/blobs/log/ca1?sig=\#(now.linksGiven)"}"#, connection)
        default:
            let key = request.method + " " + request.path.replacing(root, with: "")
            guard let text = now.answers[key] else { return try refuse(404, "ResourceNotFound", connection) }
            if request.method != "GET" { change { $0.bodies.append(String(decoding: body, as: UTF8.self)) } }
            if text.isEmpty { try connection.answer(202) } else { try json(text, connection) }
        }
    }

    private func run(_ id: String) -> String {
        let now = now
        let error = now.errorMessage.map { #","runErrorMessage":"\#($0)""# } ?? ""
        let steps = now.steps.map { #","steps":\#($0)"# } ?? ""
        return #"""
            {"id":"\#(Self.registryPath)/runs/\#(id)","name":"\#(id)","type":"Microsoft.ContainerRegistry/registries/runs",
             "properties":{"runId":"\#(id)","status":"\#(now.status)","runType":"QuickBuild","platform":{"os":"Linux","architecture":"amd64"},
             "createTime":"2026-01-31T09:30:00Z","startTime":"2026-01-31T09:30:01.5Z","finishTime":"2026-01-31T10:31:03Z"\#(error)\#(steps)}}
            """#
    }

    private func listRuns(_ request: LoopbackRequest, server: String, _ connection: LoopbackConnection) throws {
        let pages = now.pages
        let index =
            request.target.firstRange(of: "page=").flatMap {
                Int(request.target[$0.upperBound...].prefix { $0.isNumber })
            } ?? 0
        let runs = pages[index].map(run).joined(separator: ",")
        let next =
            index + 1 < pages.count ? #","nextLink":"\#(server)\#(Self.registryPath)/runs?page=\#(index + 1)""# : ""
        try json(#"{"value":[\#(runs)]\#(next)}"#, connection)
    }

    private func giveToken(_ body: [UInt8], _ connection: LoopbackConnection) throws {
        guard String(decoding: body, as: UTF8.self).contains("client_secret=the%20secret") else {
            return try connection.answer(
                401, headers: [("Content-Type", "application/json")],
                body: #"{"error":"invalid_client","error_description":"The client secret is wrong."}"#)
        }
        change { $0.tokensGiven += 1 }
        try json(
            #"{"token_type":"Bearer","expires_in":\#(now.tokenLifetime),"access_token":"token-\#(now.tokensGiven)"}"#,
            connection)
    }

    private func takeUpload(_ request: LoopbackRequest, _ connection: LoopbackConnection) throws {
        let status = now.uploadStatus
        guard status == 201 else {
            try connection.answer(
                status, headers: [("Connection", "close")],
                body:
                    "<?xml version='1.0'?><Error><Code>ContextTooLarge</Code><Message>More than 4 &lt;GiB&gt;.</Message></Error>"
            )
            return try connection.waitForHangUp()
        }
        do {
            guard !now.stallsUploads else {
                _ = try connection.read(exactly: 1 << 20)
                change { $0.stalledUploads += 1 }
                condition.withLock { while state.stallsUploads, !isOver { condition.wait() } }
                try connection.waitForHangUp()
                throw LoopbackError(description: "broken off")
            }
            let body = try connection.readBody(of: request)
            change { $0.uploads.append(body) }
            try connection.answer(201)
        } catch {
            change { $0.brokenUploads += 1 }
            throw error
        }
    }

    // MARK: The log

    private func readLog(_ request: LoopbackRequest, _ connection: LoopbackConnection) throws {
        let signature =
            request.target.firstRange(of: "sig=").flatMap {
                Int(request.target[$0.upperBound...].prefix { $0.isNumber })
            } ?? 0
        guard signature >= now.oldestLink else { return try refuse(403, "AuthenticationFailed", connection) }
        guard now.hasLog else { return try refuse(404, "BlobNotFound", connection) }
        let range = (request["x-ms-range"] ?? "").drop { !$0.isNumber }.split(separator: "-").compactMap { Int($0) }
        let first = range.first ?? 0
        if request.target.contains("wait="), now.knowsWait {
            condition.withLock {
                while state.log.count <= first, state.complete == nil, signature >= state.oldestLink, !isOver {
                    condition.wait()
                }
            }
        }
        let now = now
        let complete = now.complete.map { [("x-ms-meta-Complete", $0)] } ?? []
        if request.method == "HEAD" {
            return try connection.write(
                connection.head(200, headers: complete + [("Content-Length", String(now.log.count))]))
        }
        guard first < now.log.count else {
            return now.knowsWait
                ? try connection.write(connection.head(204, headers: complete))
                : try refuse(416, "InvalidRange", connection)
        }
        let last = min(range.count > 1 ? range[1] : .max - 1, now.log.count - 1)
        try connection.answer(
            206, headers: complete + [("Content-Range", "bytes \(first)-\(last)/\(now.log.count)")],
            body: Array(now.log[first...last]))
    }

    private func json(_ text: String, _ connection: LoopbackConnection) throws {
        try connection.answer(200, headers: [("Content-Type", "application/json")], body: text)
    }

    private func refuse(
        _ status: Int, _ code: String, _ connection: LoopbackConnection, headers: [(String, String)] = []
    ) throws {
        try connection.answer(
            status, headers: headers + [("Content-Type", "application/json")],
            body: #"{"error":{"code":"\#(code)","message":"Refused by the stub."}}"#)
    }
}
