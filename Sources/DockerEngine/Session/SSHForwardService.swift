import Foundation
import NIOCore
import NIOHPACK
import SwiftProtobuf
import Synchronization

/// Answers the clients of ssh that run in a build's steps.
public protocol SSHAgent: Sendable {
    /// The answer to a message of the agent protocol (draft-miller-ssh-agent), both without the length in front.
    ///
    /// - Throws: what ends the client's connection.
    func answer(_ message: [UInt8]) async throws -> [UInt8]
}

/// `moby.sshforward.v1.SSH`: asked when a step that mounts an ssh agent really runs, and for each connection that a
/// program makes to it.
final class SSHForwardService: SessionService {
    private static let service = "/moby.sshforward.v1.SSH/"
    /// Of a message, without the length in front: as OpenSSH's agent has it.
    private static let maxMessage = 256 * 1024

    let methods = ["CheckAgent", "ForwardAgent"].map { service + $0 }
    /// By id.
    private let agents: [String: any SSHAgent]
    /// What was said of agents that are not there.
    private let refusals = Mutex<Set<String>>([])

    init(agents: [String: any SSHAgent]) {
        self.agents = agents
    }

    func answer(_ call: inout SessionCall) async throws {
        if call.path.hasSuffix("/CheckAgent") {
            let request = try await call.only(WireCheckAgentRequest.self)
            _ = try agent(request.id)
            try await call.replies.send(WireCheckAgentResponse())
        } else {
            try await forward(&call, to: try agent(call.metadata.first(name: "buildkit.ssh.id") ?? ""))
        }
    }

    /// What a build that ended with this message of the daemon's failed on here.
    func failure(behind message: String) -> DockerError? {
        let refusal = refusals.withLock { refusals in refusals.first { message.contains($0) } }
        return refusal.map { .build(.step(message: $0)) }
    }

    private func agent(_ asked: String) throws -> any SSHAgent {
        let id = asked.isEmpty ? "default" : asked
        guard let agent = agents[id] else {
            let mount = id == "default" ? "RUN --mount=type=ssh" : "RUN --mount=type=ssh,id=\(id)"
            let refusal = "the build has no ssh key '\(id)' for \(mount): give it with --ssh \(id)=KEYFILE"
            refusals.withLock { _ = $0.insert(refusal) }
            // The text is the build's error if the step requires the agent.
            throw CallStatus(.notFound, refusal)
        }
        return agent
    }

    /// Answers until the program closes its connection. Its messages come in any parts.
    private func forward(_ call: inout SessionCall, to agent: any SSHAgent) async throws {
        var received = ByteBuffer()
        while let part = try await call.next(WireAgentBytes.self) {
            received.discardReadBytes()
            received.writeBytes(part.data)
            while let length = received.getInteger(at: received.readerIndex, as: UInt32.self) {
                guard length <= Self.maxMessage else {
                    throw CallStatus(.internal, "a message of \(length) bytes is too long for an ssh agent")
                }
                guard received.readableBytes >= 4 + Int(length) else { break }
                received.moveReaderIndex(forwardBy: 4)
                let answer = try await agent.answer(received.readBytes(length: Int(length)) ?? [])
                try await send(answer, to: call.replies)
            }
        }
    }

    private func send(_ answer: [UInt8], to replies: SessionReplies) async throws {
        let size = withUnsafeBytes(of: UInt32(answer.count).bigEndian) { Array($0) }
        try await replies.send(WireAgentBytes.with { $0.data = Data(size + answer) })
    }
}
