/// A request that can't be carried out as it is: answered with 400 and these three fields.
public struct InvalidRequest: Error, Sendable, Hashable, CustomStringConvertible {
    public let code: String
    /// What is wrong and what would be right, for people.
    public let message: String
    /// The field that is wrong, as the request spells it (`imageNames[0]`).
    public let target: String?

    public init(code: String, message: String, target: String? = nil) {
        self.code = code
        self.message = message
        self.target = target
    }

    public var description: String { message }
}
