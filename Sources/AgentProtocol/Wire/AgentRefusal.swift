import TaskModel

/// The answer to a call that is refused: the envelope of all errors of the server, with what a program needs to go on.
///
/// ``code`` and status together stand for one ``BrokerError``.
public struct AgentRefusal: Codable, Sendable, Error {
    public struct Detail: Codable, Sendable {
        public var code: String
        public var message: String
        /// With `LogOffset`.
        public var expected: Int64?
        /// With `LogIncomplete`.
        public var stored: Int64?
        /// With `OutputTooLarge`, in bytes.
        public var limit: Int64?
        /// What is missing, or why something is refused.
        public var subject: String?
    }

    public var error: Detail

    /// - Returns: the answer's status and body; nil for an error that is no refusal.
    public static func answer(to error: BrokerError) -> (status: Int, refusal: AgentRefusal)? {
        func refusal(
            _ status: Int, _ code: String, expected: Int64? = nil, stored: Int64? = nil, limit: Int64? = nil,
            _ subject: String? = nil
        ) -> (Int, AgentRefusal) {
            let detail = Detail(
                code: code, message: error.description, expected: expected, stored: stored, limit: limit,
                subject: subject)
            return (status, AgentRefusal(error: detail))
        }
        switch error {
        case .leaseLost: return refusal(409, "StaleLease")
        case .logOffset(let expected): return refusal(409, "LogOffset", expected: expected)
        case .logIncomplete(let stored): return refusal(409, "LogIncomplete", stored: stored)
        case .pushRefused(let reason): return refusal(409, "PushRefused", reason)
        case .contextMissing(let run): return refusal(404, "ContextMissing", run.text)
        case .unknownAgent(let agent): return refusal(404, "UnknownAgent", agent.text)
        case .secretMissing(let location): return refusal(404, "SecretMissing", location.description)
        case .outputTooLarge(let limit): return refusal(413, "OutputTooLarge", limit: limit)
        case .outputNotKept: return refusal(409, "OutputNotKept")
        case .notAuthorized(let reason): return refusal(401, "AuthenticationFailed", reason)
        case .refused(let reason): return refusal(400, "InvalidRequestContent", reason)
        case .unreachable: return nil
        }
    }

    /// What an answer with this status says.
    ///
    /// - Parameter refusal: nil if the body is none.
    public static func error(status: Int, _ refusal: AgentRefusal?) -> BrokerError {
        guard let detail = refusal?.error, (400..<500).contains(status), status != 429, status != 408 else {
            return .unreachable("it answered with status \(status)" + (refusal.map { ": \($0.error.message)" } ?? ""))
        }
        let subject = detail.subject ?? ""
        switch detail.code {
        case "StaleLease": return .leaseLost
        case "LogOffset": if let expected = detail.expected { return .logOffset(expected: expected) }
        case "LogIncomplete": if let stored = detail.stored { return .logIncomplete(stored: stored) }
        case "PushRefused": return .pushRefused(detail.subject ?? detail.message)
        case "ContextMissing": if let run = RunID(subject) { return .contextMissing(run) }
        case "UnknownAgent": return .unknownAgent(AgentID(subject))
        case "SecretMissing": if let location = try? SecretLocation(subject) { return .secretMissing(location) }
        case "OutputTooLarge": if let limit = detail.limit { return .outputTooLarge(limit: limit) }
        case "OutputNotKept": return .outputNotKept
        default: if status == 401 || status == 403 { return .notAuthorized(detail.subject ?? detail.message) }
        }
        return .refused(detail.subject ?? detail.message)
    }
}
