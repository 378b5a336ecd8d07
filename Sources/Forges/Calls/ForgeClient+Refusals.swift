import CurlHTTP
import Foundation
import TaskModel

extension ForgeClient {
    /// What an answer of 300 or more means.
    func refusal(_ response: HTTPResponse, _ bytes: [UInt8]) -> ForgeError {
        let words = ForgeComplaint.text(of: bytes)?.replacingOccurrences(of: token.value, with: "***")
        let reason = "\(response.status)" + (words.map { ": \($0)" } ?? "")
        let wait = Self.wait(response.headers)
        switch response.status {
        case 401: return .tokenRefused(server: server, reason: reason)
        // GitHub says it so when there were too many requests; of its secondary limits in words alone.
        case 403 where wait != nil || words.map(Self.isOfLimits) == true:
            return .unavailable(server: server, reason: reason, retryAfter: wait ?? .seconds(60))
        case 403: return .tokenRefused(server: server, reason: reason)
        // Azure shows whoever it does not know a page for people.
        case 203,
            302 where location.kind == .azureRepos:
            return .tokenRefused(server: server, reason: reason)
        case 301, 302, 307, 308:
            return .rejected(
                server: server, status: response.status, reason: "the repository has moved. Give the task its new URL.")
        case 404: return .repositoryNotFound(server: server, repository: location.name)
        case 408, 429, 500...: return .unavailable(server: server, reason: reason, retryAfter: wait)
        default: return .rejected(server: server, status: response.status, reason: reason)
        }
    }

    private static func isOfLimits(_ words: String) -> Bool {
        let words = words.lowercased()
        return words.contains("rate limit") || words.contains("abuse detection")
    }

    private static func wait(_ headers: [HTTPHeader]) -> Duration? {
        if let seconds = headers["Retry-After"].flatMap({ Int($0) }), seconds >= 0 {
            return .seconds(min(seconds, 3600))
        }
        guard headers["X-RateLimit-Remaining"] == "0" else { return nil }
        let reset = headers["X-RateLimit-Reset"].flatMap { Double($0) } ?? 0
        return .seconds(min(max(reset - Date().timeIntervalSince1970, 60), 3600))
    }
}
