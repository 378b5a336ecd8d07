public import AgentProtocol
import Contexts
import Foundation
import TaskModel

/// The data folder of an agent on another host than its server's: its key, and what it keeps of runs. One process has it.
public final class AgentHome: Sendable {
    public let directory: String
    private let lock: FileLock

    /// - Parameter directory: made if missing, for this user alone.
    /// - Throws: ``AgentHomeError``
    public init(_ directory: String) throws {
        self.directory = directory
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw AgentHomeError.unwritable(directory, reason: error.localizedDescription)
        }
        guard let lock = try FileLock(trying: directory + "/lock", .exclusive) else {
            throw AgentHomeError.inUse(directory)
        }
        self.lock = lock
    }

    private var keyFile: String { directory + "/agent-key" }
    private var pendingFile: String { keyFile + ".joining" }
    private var settingsFile: String { directory + "/settings.json" }

    /// The key that the server knows; nil before the agent joined.
    ///
    /// - Throws: ``AgentHomeError``
    public func key() throws(AgentHomeError) -> AgentCredential? { try read(keyFile) }

    /// The key to join with: the same until the server has accepted it, so that joining may be tried again.
    ///
    /// - Parameter name: whose key it is, if there is none yet.
    public func pendingKey(for name: String) throws(AgentHomeError) -> AgentCredential {
        if let pending = try read(pendingFile), pending.id == name { return pending }
        let key = AgentCredential(.agent, id: name, secret: AgentCredential.randomSecret())
        try write(key, to: pendingFile)
        return key
    }

    /// Notes that the server has accepted the key to join with.
    public func keep(_ key: AgentCredential) throws(AgentHomeError) {
        try write(key, to: keyFile)
        unlink(pendingFile)
    }

    /// What the server said the last time, for a start while it is away; nil if that is not known.
    func settings() -> AgentSettings? {
        // What can't be read is asked for again.
        FileManager.default.contents(atPath: settingsFile).flatMap {
            try? AgentJSON.decode(AgentSettings.self, from: Array($0))
        }
    }

    func keep(_ settings: AgentSettings) throws {
        try Data(try AgentJSON.encode(settings)).write(to: URL(fileURLWithPath: settingsFile), options: .atomic)
    }

    private func read(_ path: String) throws(AgentHomeError) -> AgentCredential? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        guard let data = FileManager.default.contents(atPath: path),
            let key = AgentCredential(
                String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)),
            key.kind == .agent
        else { throw .noKey(path) }
        return key
    }

    /// Whole or not at all, and never readable by others.
    private func write(_ key: AgentCredential, to path: String) throws(AgentHomeError) {
        let temporary = path + ".new"
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .unwritable(temporary, reason: String(cString: strerror(errno))) }
        let bytes = Array((key.text.value + "\n").utf8)
        let isWritten =
            bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) } == bytes.count
            && fsync(descriptor) == 0
        close(descriptor)
        guard isWritten, rename(temporary, path) == 0 else {
            throw .unwritable(path, reason: String(cString: strerror(errno)))
        }
    }
}

/// Why an agent's data folder can't be used.
public enum AgentHomeError: Error, Equatable, CustomStringConvertible {
    case unwritable(String, reason: String)
    case inUse(String)
    case noKey(String)

    public var description: String {
        switch self {
        case .unwritable(let path, let reason):
            "Can't write \(path): \(reason). Give the agent a --data folder of its own."
        case .inUse(let path): "Another slipway-agent uses \(path). Give each agent a --data folder of its own."
        case .noKey(let path):
            "\(path) holds no key of an agent. Remove it, and let the agent join anew (--join-token-file)."
        }
    }
}
