public import CurlHTTP
import TaskModel

extension ResourceClient {
    /// Downloads the archive that was kept of what a run built (`GET P/runs/ID/output`).
    ///
    /// - Parameter use: reads the archive, of so many bytes.
    /// - Throws: ``ResourceError``: ``ResourceError/refused(status:code:message:target:)`` with 404 if there is none;
    ///   what `use` throws.
    public func output<Result>(
        of run: ResourceID, _ use: (_ content: BytePipe, _ size: Int64?) async throws -> Result
    ) async throws -> Result {
        let token = try await freshToken()
        var request = HTTPRequest("GET", url("\(run)/output", apiVersion: APIVersion.runs))
        request.headers.append(HTTPHeader("Authorization", "Bearer " + token.value))
        request.idleTimeout = .seconds(120)
        do {
            return try await http.send(request) { response in
                guard response.status == 200 else {
                    throw refusal(response, try await response.bytes(limit: 1 << 20))
                }
                return try await use(response.body, response.headers["Content-Length"].flatMap { Int64($0) })
            }
        } catch let error as HTTPError {
            throw ResourceError(error, server: server)
        }
    }
}
