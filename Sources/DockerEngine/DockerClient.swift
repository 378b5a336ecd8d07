import CurlHTTP
import Foundation
import Synchronization

/// A client of one docker daemon: Engine API 1.41 (docker 20.10) and newer, over a unix socket.
///
/// Cancelling a task breaks its call off at once. Every call has a deadline; calls that may last (builds, pushes,
/// pulls) are given up when the daemon stops answering others.
public final class DockerClient: Sendable {
    /// As given: `unix:///path`.
    public let endpoint: String
    public let socketPath: String
    let watch: DaemonWatch
    private let http: HTTPClient
    private let known = Mutex<DaemonDescription?>(nil)

    /// - Parameter endpoint: `unix:///path` of the daemon's socket.
    /// - Throws: ``DockerError/invalidEndpoint(_:)``. The daemon is not asked yet.
    public convenience init(endpoint: String) throws(DockerError) {
        try self.init(endpoint: endpoint, watch: DaemonWatch())
    }

    init(endpoint: String, watch: DaemonWatch) throws(DockerError) {
        let scheme = "unix://"
        let path = String(endpoint.dropFirst(scheme.count))
        // sun_path holds 108 bytes with the NUL.
        guard endpoint.hasPrefix(scheme), path.hasPrefix("/"), path.utf8.count < 108, !path.utf8.contains(0) else {
            throw .invalidEndpoint(endpoint)
        }
        self.endpoint = endpoint
        self.watch = watch
        socketPath = path
        http = HTTPClient()
    }

    /// What the daemon is; asked once, and again after it could not be reached.
    ///
    /// - Throws: ``DockerError/unreachable(endpoint:reason:)``, ``DockerError/tooOld(apiVersion:)``.
    public func daemon() async throws -> DaemonDescription {
        if let daemon = known.withLock(\.self) { return daemon }
        let daemon = try await ping(timeout: .seconds(15))
        known.withLock { $0 = daemon }
        return daemon
    }

    /// Asks whether the daemon answers: `GET /_ping`.
    @discardableResult
    public func ping(timeout: Duration) async throws -> DaemonDescription {
        var call = EngineCall("answer", "GET", "/_ping")
        call.timeout = timeout
        return try await exchange(call, prefix: "") { response in
            _ = try await response.bytes(limit: 64 * 1024)
            guard let offered = response.headers["Api-Version"].flatMap(APIVersion.init) else {
                throw DockerError.unexpected(action: call.action, reason: "it names no API version")
            }
            guard offered >= .oldest else { throw DockerError.tooOld(apiVersion: offered.description) }
            return DaemonDescription(version: min(offered, .newest), headers: response.headers)
        }
    }

    /// Sends a call and lets `use` read the answer, which has a status below 400.
    func send<Result>(_ call: EngineCall, _ use: (HTTPResponse) async throws -> Result) async throws -> Result {
        let daemon = try await daemon()
        return try await exchange(call, prefix: "/v\(daemon.version)", use)
    }

    /// Sends a call and reads the whole answer.
    func fetch(_ call: EngineCall, limit: Int = 64 << 20) async throws -> [UInt8] {
        try await send(call) { response in try await response.bytes(limit: limit) }
    }

    /// Sends a call and decodes the answer from JSON.
    func fetch<Answer: Decodable>(_ call: EngineCall, as type: Answer.Type) async throws -> Answer {
        let bytes = try await fetch(call)
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw DockerError.unexpected(action: call.action, reason: "\(error)")
        }
    }

    private func exchange<Result>(
        _ call: EngineCall, prefix: String, _ use: (HTTPResponse) async throws -> Result
    ) async throws -> Result {
        var request = HTTPRequest(
            call.method, "http://docker" + prefix + call.target, headers: call.headers, body: call.body,
            unixSocket: socketPath)
        request.idleTimeout = nil
        request.timeout = call.timeout
        do {
            return try await http.send(request) { response in
                guard response.status < 400 else {
                    let message = Self.message(in: try await response.bytes(limit: 1 << 20))
                    throw DockerError.refused(action: call.action, status: response.status, message: message)
                }
                return try await use(response)
            }
        } catch let error as HTTPError {
            known.withLock { $0 = nil }
            throw translate(error, call)
        }
    }

    private func translate(_ error: HTTPError, _ call: EngineCall) -> DockerError {
        switch error {
        case .cannotConnect(_, let reason):
            .unreachable(endpoint: endpoint, reason: .whyNot(connectTo: socketPath) ?? .other(reason))
        case .timedOut: .unreachable(endpoint: endpoint, reason: .notAnswering)
        case .broken(_, let reason): .lost(action: call.action, reason: reason)
        default: .unexpected(action: call.action, reason: "\(error)")
        }
    }

    /// The daemon's own words in the body of a refusal, `{"message":"…"}`; a body of another kind is given as it is.
    private static func message(in body: [UInt8]) -> String {
        struct Refusal: Decodable {
            let message: String
        }
        // What is no JSON is shown as text.
        if let refusal = try? JSONDecoder().decode(Refusal.self, from: Data(body)) { return refusal.message }
        let text = String(decoding: body.prefix(1024), as: UTF8.self)
        return text.isEmpty ? "it gave no reason" : text
    }
}
