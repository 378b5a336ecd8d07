import Contexts
import CurlHTTP
import Foundation
import NIOHPACK
import SwiftProtobuf
import Synchronization

/// `moby.filesync.v1.FileSync/DiffCopy`: lists the files of a build and sends those that the daemon asks for.
///
/// There are two folders: `dockerfile` holds the Dockerfile alone, `context` what `COPY` sees. The daemon asks
/// `context` for an ignore file first; it gets none, since the rules have been applied already.
final class FileSyncService: SessionService {
    let methods = ["/moby.filesync.v1.FileSync/DiffCopy"]
    private let input: BuildInput
    private let state = Mutex(State())

    private struct State {
        var hasAskedForIgnoreFile = false
        var failure: (any Error)?
    }

    private static let statsAtOnce = 256

    init(_ input: BuildInput) {
        self.input = input
    }

    /// What a walk threw, which the daemon tells only as a text.
    var failure: (any Error)? { state.withLock(\.failure) }

    func answer(_ call: inout SessionCall) async throws {
        let walk = try folder(for: call)
        do {
            try await send(walk, on: &call)
        } catch let error as CallStatus {
            throw error
        } catch {
            throw CallStatus(.internal, "\(error)")
        }
    }

    private func folder(for call: SessionCall) throws -> any ContextWalk {
        let name = call.metadata.first(name: "dir-name") ?? ""
        switch name {
        case "dockerfile": return InMemoryWalk([input.dockerfileEntry])
        case "context":
            let isFirst = state.withLock { state in
                defer { state.hasAskedForIgnoreFile = true }
                return !state.hasAskedForIgnoreFile
            }
            // A COPY of that file alone looks the same, and comes later.
            return isFirst && call.metadata["followpaths"] == [".dockerignore"] ? InMemoryWalk([]) : input.walk
        default: throw CallStatus(.notFound, "there is no folder \(name)")
        }
    }

    private func send(_ walk: any ContextWalk, on call: inout SessionCall) async throws {
        let listing = try await walking { try FileListing(of: walk) }
        let requests = FileRequests()
        let replies = call.replies
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await Self.sendList(listing, to: replies)
                    try await self.sendContents(of: walk, listing, requests, to: replies)
                } catch {
                    // Makes the daemon give up; until then the reader waits for what it has to say.
                    try? await replies.send(WirePacket.with { ($0.type, $0.data) = (.err, Data("\(error)".utf8)) })
                    throw error
                }
            }
            do {
                try await Self.read(&call, into: requests)
                requests.finish()
                try await group.waitForAll()
            } catch {
                requests.finish()
                group.cancelAll()
                // When the sending failed, that is the cause.
                try await group.waitForAll()
                throw error
            }
        }
        try await replies.send(WirePacket.with { $0.type = .fin })
    }

    /// Reads requests until the daemon has all it wanted.
    private static func read(_ call: inout SessionCall, into requests: FileRequests) async throws {
        while let packet = try await call.next(WirePacket.self) {
            switch packet.type {
            case .req: requests.add(packet.id)
            case .fin: return
            // A build that failed elsewhere ends its transfers so.
            case .err: throw CallStatus(.unknown, String(decoding: packet.data, as: UTF8.self))
            default: break
            }
        }
        throw CancellationError()
    }

    private static func sendList(_ listing: FileListing, to replies: SessionReplies) async throws {
        var next = 0
        while next < listing.entries.count {
            let end = min(next + statsAtOnce, listing.entries.count)
            try await replies.send(
                listing.entries[next..<end].map { entry in WirePacket.with { $0.stat = WireStat(entry) } })
            next = end
        }
        // An empty packet ends the list.
        try await replies.send(WirePacket())
    }

    /// Walks as often as it takes to send everything that is asked for.
    private func sendContents(
        of walk: any ContextWalk, _ listing: FileListing, _ requests: FileRequests, to replies: SessionReplies
    ) async throws {
        let pipe = BytePipe(capacity: 512 * 1024)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await self.walking { try FileSender(listing, requests, pipe).send(walk) }
                    pipe.finish()
                } catch {
                    pipe.fail(error)
                }
            }
            defer { pipe.abandon() }
            while let bytes = try await pipe.read() { try await replies.send(framed: bytes) }
        }
    }

    /// Runs what walks on a thread that may block, and remembers what the walk threw. That a transfer was given up,
    /// because the build failed elsewhere or was canceled, is not the walk's failure.
    private func walking<Result: Sendable>(_ work: @Sendable () throws -> Result) async throws -> Result {
        do {
            return try await BlockingExecutor.shared.run { try work() }
        } catch {
            let isGivenUp = error is CancellationError || error is BytePipeError
            if !isGivenUp { state.withLock { $0.failure = $0.failure ?? error } }
            throw error
        }
    }
}
