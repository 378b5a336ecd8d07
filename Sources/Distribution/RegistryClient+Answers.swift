import CurlHTTP
import Foundation
import Glibc
import TaskModel

extension RegistryClient {
    /// Throws the error that a status stands for; does nothing for 200 to 299.
    func check(_ response: HTTPResponse, _ bytes: [UInt8], of call: Call) throws {
        try DistributionError.check(response, registry: call.registry)
        let reason = registryMessage(bytes)
        switch response.status {
        case 200..<300: return
        case 401: throw unauthorized(call, bytes)
        case 403:
            throw DistributionError.denied(registry: call.registry, username: call.credential?.username, reason: reason)
        case 404: throw DistributionError.notFound(name: call.name, reason: reason)
        default: throw DistributionError.rejected(registry: call.registry, status: response.status, reason: reason)
        }
    }

    func unauthorized(_ call: Call, _ bytes: [UInt8]) -> DistributionError {
        .unauthorized(registry: call.registry, username: call.credential?.username, reason: registryMessage(bytes))
    }

    /// What the registry says about an error (`{"errors":[{"code","message"}]}`, or `details` of a login service), made
    /// fit for a line.
    private func registryMessage(_ bytes: [UInt8]) -> String {
        // An answer of another form just says nothing.
        guard let answer = try? JSONDecoder().decode(ErrorAnswer.self, from: Data(bytes)) else { return "" }
        let first = answer.errors?.first
        let text = first?.message ?? first?.code ?? answer.details ?? ""
        return String(text.escapedForDisplay.prefix(300))
    }
}

private struct ErrorAnswer: Decodable {
    struct Entry: Decodable {
        let code: String?
        let message: String?
    }

    let errors: [Entry]?
    let details: String?
}

extension DistributionError {
    /// Throws ``temporary(registry:status:retryAfter:)`` for the statuses that pass.
    static func check(_ response: HTTPResponse, registry: String) throws(DistributionError) {
        let isTemporary = response.status == 408 || response.status == 429 || (500..<600).contains(response.status)
        guard isTemporary else { return }
        throw .temporary(registry: registry, status: response.status, retryAfter: retryAfter(in: response.headers))
    }

    /// `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3). A date is taken against the server's own
    /// `Date`, so that a clock that is wrong on either side does not matter.
    private static func retryAfter(in headers: [HTTPHeader]) -> Duration? {
        guard let value = headers["Retry-After"] else { return nil }
        if let seconds = Int64(value), seconds >= 0 { return .seconds(min(seconds, 86_400)) }
        guard let then = seconds(ofDate: value), let now = headers["Date"].flatMap({ seconds(ofDate: $0) }) else {
            return nil
        }
        return .seconds(min(max(then - now, 0), 86_400))
    }

    /// Seconds since 1970 of an HTTP date in its usual form: `Sun, 06 Nov 1994 08:49:37 GMT`.
    private static func seconds(ofDate text: String) -> Int? {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let words = text.split { $0 == " " || $0 == "," || $0 == ":" }
        guard words.count == 8, words[7] == "GMT", let month = months.firstIndex(of: String(words[2])) else {
            return nil
        }
        let numbers = [words[1], words[3], words[4], words[5], words[6]].compactMap { Int32($0) }
        guard numbers.count == 5, numbers.allSatisfy({ (0..<10_000).contains($0) }) else { return nil }
        var time = tm()
        time.tm_mday = numbers[0]
        time.tm_mon = Int32(month)
        time.tm_year = numbers[1] - 1900
        time.tm_hour = numbers[2]
        time.tm_min = numbers[3]
        time.tm_sec = numbers[4]
        return timegm(&time)
    }
}
