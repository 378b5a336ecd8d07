import CurlHTTP
import TaskModel

extension ResourceClient {
    /// The log of a run.
    ///
    /// - Parameters:
    ///   - follows: wait for more until the log is complete; false ends with what is there.
    ///   - offset: how many bytes to leave out at the start.
    public func log(of run: ResourceID, follows: Bool, from offset: Int64 = 0) -> LogReader {
        LogReader(client: self, run: run, follows: follows, start: offset)
    }

    /// One ranged read. Links are signed: they take no `Authorization`.
    func readLog(_ link: String, from first: Int64, to last: Int64, waitSeconds: Int) async throws -> LogStep {
        let separator = link.utf8.contains(UInt8(ascii: "?")) ? "&" : "?"
        let url = waitSeconds > 0 ? link + separator + "wait=\(waitSeconds)" : link
        var request = HTTPRequest(
            "GET", url,
            headers: [HTTPHeader("x-ms-range", "bytes=\(first)-\(last)"), HTTPHeader("x-ms-version", "2026-04-06")])
        request.idleTimeout = .seconds(waitSeconds + 40)
        do {
            let (response, bytes) = try await http.fetch(request, limit: Int(last - first + 1))
            let outcome = response.headers["x-ms-meta-Complete"].map(LogOutcome.init(complete:))
            switch response.status {
            case 206:
                guard !bytes.isEmpty else { return outcome.map(LogStep.complete) ?? .wait(seconds: 1) }
                let isLast = contentTotal(response.headers["Content-Range"]) == first + Int64(bytes.count)
                return .bytes(bytes, isLast ? outcome : nil)
            case 204: return outcome.map(LogStep.complete) ?? (waitSeconds > 0 ? .nothingYet : .wait(seconds: 1))
            case 416: return try await logProperties(link)
            case 404: return .noLog
            case 403: return .newLink
            case 429, 503: return .wait(seconds: 1)
            default:
                throw ResourceError.unexpectedAnswer(
                    server: server, status: response.status, reason: "it is no part of a log")
            }
        } catch let error as HTTPError {
            throw ResourceError(error, server: server)
        }
    }

    /// Asks whether the log is complete, of a server that answers 416 to a range past its end.
    private func logProperties(_ link: String) async throws -> LogStep {
        let (response, _) = try await http.fetch(
            HTTPRequest("HEAD", link, headers: [HTTPHeader("x-ms-version", "2026-04-06")]))
        let outcome = response.headers["x-ms-meta-Complete"].map(LogOutcome.init(complete:))
        return outcome.map(LogStep.complete) ?? .wait(seconds: 1)
    }

    /// `TOTAL` of `bytes A-B/TOTAL`.
    private func contentTotal(_ header: String?) -> Int64? {
        header?.split(separator: "/").last.flatMap { Int64($0) }
    }
}
