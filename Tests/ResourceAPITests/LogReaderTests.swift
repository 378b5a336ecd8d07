import CurlHTTP
import TaskModel
import TestSupport
import Testing

@testable import ResourceAPI

struct LogReaderTests {
    private let run = ResourceID(subscription: "S", resourceGroup: "G", registry: "acme01").run(RunID(sequence: 1))

    private func client(_ server: LoopbackServer) -> ResourceClient {
        let http = HTTPClient()
        let credential = Credential(username: "me", password: Secret(ResourceAPIStub.secret))
        return ResourceClient(
            server: server.url, tokens: TokenSource(server: server.url, credential: credential, http: http), http: http)
    }

    private func read(_ log: LogReader, onBytes: (Int) -> Void = { _ in }) async throws -> (
        bytes: [UInt8], outcome: LogOutcome?
    ) {
        var bytes: [UInt8] = []
        for try await element in log {
            switch element {
            case .bytes(let more):
                bytes += more
                onBytes(bytes.count)
            case .end(let outcome): return (bytes, outcome)
            }
        }
        return (bytes, nil)
    }

    @Test(arguments: [
        ("successful", LogOutcome.succeeded), ("Failed", .failed), ("INTERNALERROR", .error), ("timedout", .timedOut),
        ("canceled", .canceled),
    ])
    func `a complete log ends with how the run ended`(word: String, outcome: LogOutcome) async throws {
        let stub = ResourceAPIStub()
        stub.change {
            $0.log = Array("one\r\ntwo\r\n".utf8)
            $0.complete = word
        }
        try await stub.serve { server in
            let result = try await read(client(server).log(of: run, follows: true))

            #expect(result.bytes == Array("one\r\ntwo\r\n".utf8))
            #expect(result.outcome == outcome)
            #expect(server.requests.filter { $0.path.hasPrefix("/blobs/") }.count == 1)
            #expect(server.requests.last?["Authorization"] == nil)
        }
    }

    @Test(arguments: [true, false])
    func `a log is read while it grows`(knowsWait: Bool) async throws {
        let stub = ResourceAPIStub()
        stub.change {
            $0.knowsWait = knowsWait
            $0.log = [1]
        }
        try await stub.serve { server in
            let result = try await read(client(server).log(of: run, follows: true)) { count in
                stub.change { state in
                    if count < 4 { state.log.append(UInt8(count + 1)) } else { state.complete = "successful" }
                }
            }

            #expect(result.bytes == [1, 2, 3, 4])
            #expect(result.outcome == .succeeded)
        }
    }

    @Test func `a large log comes in parts of a mebibyte`() async throws {
        let stub = ResourceAPIStub()
        let log = (0..<2_500_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
        stub.change {
            $0.log = log
            $0.complete = "successful"
        }
        try await stub.serve { server in
            let result = try await read(client(server).log(of: run, follows: true))

            #expect(result.bytes == log)
            #expect(server.requests.filter { $0.path.hasPrefix("/blobs/") }.count == 3)
        }
    }

    @Test func `F11 reading begins at any offset`() async throws {
        let stub = ResourceAPIStub()
        stub.change {
            $0.log = Array(0..<100)
            $0.complete = "failed"
        }
        try await stub.serve { server in
            let last = try await read(client(server).log(of: run, follows: true, from: 90))
            #expect(last.bytes == Array(90..<100))
            let atEnd = try await read(client(server).log(of: run, follows: true, from: 100))
            #expect(atEnd.bytes.isEmpty)
            #expect(atEnd.outcome == .failed)
        }
    }

    @Test(arguments: [true, false])
    func `what is there so far is read without waiting`(knowsWait: Bool) async throws {
        let stub = ResourceAPIStub()
        stub.change {
            $0.knowsWait = knowsWait
            $0.log = [1, 2]
        }
        try await stub.serve { server in
            let result = try await read(client(server).log(of: run, follows: false))

            #expect(result.bytes == [1, 2])
            #expect(result.outcome == .incomplete)
        }
    }

    @Test func `S17 a link that has run out is replaced, once`() async throws {
        let stub = ResourceAPIStub()
        stub.change { $0.log = [1] }
        try await stub.serve { server in
            let result = try await read(client(server).log(of: run, follows: true)) { count in
                stub.change { state in
                    if count == 1 {
                        state.oldestLink = 2
                        state.log.append(2)
                    } else {
                        state.complete = "successful"
                    }
                }
            }
            #expect(result.bytes == [1, 2])

            stub.change { $0.oldestLink = 99 }
            await #expect(throws: ResourceError.self) { try await read(client(server).log(of: run, follows: true)) }
        }
    }

    @Test func `a run that ended without a log ends its log`() async throws {
        let stub = ResourceAPIStub()
        stub.change {
            $0.hasLog = false
            $0.status = "Canceled"
        }
        try await stub.serve { server in
            let result = try await read(client(server).log(of: run, follows: true))

            #expect(result.bytes.isEmpty)
            #expect(result.outcome == .canceled)
        }
    }
}
