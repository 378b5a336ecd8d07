import Crypto
public import CurlHTTP
import Foundation
import Storage
import TaskModel

/// Posts signed notifications.
///
/// `X-Slipway-Signature-256` is `sha256=` and the HMAC-SHA256 of `TIMESTAMP.BODY` under the target's secret, in hexadecimal digits;
/// `X-Slipway-Timestamp` has that time in seconds since 1970. So whoever receives it can refuse what somebody else or somebody late sends.
public struct NotificationPost: Sendable {
    /// The longest that an attempt takes.
    static let deadline: Duration = .seconds(10)

    private let http: HTTPClient

    /// - Parameter http: checks the addresses that it connects to.
    public init(http: HTTPClient) {
        self.http = http
    }

    enum Outcome: Sendable, Equatable {
        case delivered(status: Int)
        /// The other side wants no more of it, ever.
        case gone(status: Int)
        /// - Parameter retryAfter: how long the other side asks to wait.
        case failed(status: Int?, reason: String, retryAfter: Duration?)
    }

    /// Sends it once. A redirect is no success, and is not followed.
    ///
    /// - Throws: `CancellationError`.
    func send(_ notification: OutgoingNotification, at now: Date) async throws -> Outcome {
        do {
            return Self.outcome(try await http.send(Self.request(notification, at: now)) { $0 }, at: now)
        } catch let error as HTTPError {
            return .failed(status: nil, reason: "\(error)", retryAfter: nil)
        }
    }

    static func signature(_ body: [UInt8], timestamp: String, secret: String) -> String {
        var code = HMAC<SHA256>(key: SymmetricKey(data: Data(secret.utf8)))
        code.update(data: Data((timestamp + ".").utf8))
        code.update(data: Data(body))
        return "sha256=" + Array(code.finalize()).hexadecimal
    }

    private static func request(_ notification: OutgoingNotification, at now: Date) -> HTTPRequest {
        let target = notification.target
        let timestamp = String(Int(now.timeIntervalSince1970))
        var headers = [
            HTTPHeader("Content-Type", "application/json"),
            HTTPHeader("X-Slipway-Event", notification.delivery.event),
            HTTPHeader("X-Slipway-Delivery", notification.delivery.id),
            HTTPHeader("X-Slipway-Timestamp", timestamp),
            HTTPHeader(
                "X-Slipway-Signature-256",
                signature(notification.body, timestamp: timestamp, secret: target.secret.value)),
        ]
        if let login = target.url.login {
            let pair = Data("\(login.username):\(login.password.value)".utf8).base64EncodedString()
            headers.append(HTTPHeader("Authorization", "Basic \(pair)"))
        }
        var request = HTTPRequest(
            "POST", target.url.address.value, headers: headers, body: .bytes(notification.body))
        request.timeout = deadline
        request.connectTimeout = deadline
        return request
    }

    private static func outcome(_ response: HTTPResponse, at now: Date) -> Outcome {
        switch response.status {
        case 200..<300: .delivered(status: response.status)
        case 410: .gone(status: response.status)
        case 300..<400:
            .failed(
                status: response.status,
                reason: "It redirects elsewhere, which is not followed. Give the URL that it leads to.",
                retryAfter: nil)
        default:
            .failed(
                status: response.status, reason: "It answered with the status \(response.status).",
                retryAfter: response.headers["Retry-After"].flatMap { wait($0, at: now) })
        }
    }

    /// `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3).
    private static func wait(_ text: String, at now: Date) -> Duration? {
        if let seconds = Int64(text), seconds >= 0 { return .seconds(min(seconds, 86_400)) }
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
        return format.date(from: text).map { .seconds(min(max(0, $0.timeIntervalSince(now)), 86_400)) }
    }
}
