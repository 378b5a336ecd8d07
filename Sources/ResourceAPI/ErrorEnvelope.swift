/// The body of every answer that is an error: `{"error": {"code", "message"}}`.
public struct ErrorEnvelope: Codable, Sendable, Hashable {
    public var error: Detail

    public struct Detail: Codable, Sendable, Hashable {
        public var code: String
        public var message: String
        public var target: String?
        public var details: [Detail]?

        public init(code: String, message: String, target: String? = nil, details: [Detail]? = nil) {
            self.code = code
            self.message = message
            self.target = target
            self.details = details
        }
    }

    public init(code: String, message: String, target: String? = nil, details: [Detail]? = nil) {
        error = Detail(code: code, message: message, target: target, details: details)
    }

    public init(_ invalid: InvalidRequest) {
        self.init(code: invalid.code, message: invalid.message, target: invalid.target)
    }
}
