/// A run's request as JSON, for a database or on its way to an agent, with each secret as whoever writes it seals it.
public struct RequestDocument: Codable, Sendable {
    /// Seals a secret text, or opens one.
    public typealias Sealing = (_ text: String) throws -> String

    /// One of the two.
    var build: Build?
    var taskFile: TaskFile?

    public init(_ request: RunRequest, seal: Sealing) throws {
        switch request {
        case .build(let build): self.build = try Build(build, seal: seal)
        case .taskFile(let taskFile): self.taskFile = try TaskFile(taskFile, seal: seal)
        }
    }

    /// - Throws: what `open` throws, and ``UnknownRequest``.
    public func request(agentPool: String, open: Sealing) throws -> RunRequest {
        if let build { return .build(try build.request(agentPool: agentPool, open: open)) }
        if let taskFile { return .taskFile(try taskFile.request(agentPool: agentPool, open: open)) }
        throw UnknownRequest()
    }

    /// A document of a later version of the program.
    public struct UnknownRequest: Error, CustomStringConvertible {
        public var description: String { "The run's request is of a kind that this version does not know. Update it." }
    }
}
