import Contexts
import CurlHTTP
import Foundation
import NIOHPACK
import SwiftProtobuf
import Synchronization

/// `moby.filesync.v1.FileSync/DiffCopy`: lists the files of a build and sends those that the daemon asks for.
///
/// There are two folders: `dockerfile` holds the Dockerfile alone, `context` what `COPY` sees. The daemon asks
/// `context` for an ignore file first; it gets none, since the rules have been applied already. All of the context is
/// listed, whatever part of it a Dockerfile needs: what is not listed the daemon would forget, and ask for again.
final class FileSyncService: SessionService {
    /// What is asked for.
    private enum Folder {
        case dockerfile
        case noIgnoreFile
        case context
    }

    let methods = ["/moby.filesync.v1.FileSync/DiffCopy"]
    private let input: BuildInput
    private let times: FileTimes
    private let onTransfer: @Sendable (TransferStatistics) async -> Void
    private let state = Mutex(State())
    let tally = TransferTally()

    private struct State {
        var hasAskedForIgnoreFile = false
        var failure: (any Error)?
    }

    private static let bytesAtOnce = 64 * 1024

    /// - Parameters:
    ///   - times: that the files are sent with.
    ///   - onTransfer: called when the daemon has all that it wanted of the context.
    init(
        _ input: BuildInput, times: FileTimes,
        onTransfer: @escaping @Sendable (TransferStatistics) async -> Void = { _ in }
    ) {
        self.input = input
        self.times = times
        self.onTransfer = onTransfer
    }

    /// What reading the context threw, which the daemon tells only as a text.
    var failure: (any Error)? { state.withLock(\.failure) }

    func answer(_ call: inout SessionCall) async throws {
        let folder = try folder(for: call)
        tally.openTransfer()
        defer { tally.closeTransfer() }
        do {
            let walk = walk(of: folder)
            let listing = try await reading { try ContextListing(of: walk) }
            let own = folder == .context ? tally : TransferTally()
            try await send(listing, on: &call, own)
            if folder == .context { await onTransfer(tally.finish(files: listing.files)) }
        } catch let error as CallStatus {
            throw error
        } catch {
            throw CallStatus(.internal, "\(error)")
        }
    }

    private func folder(for call: SessionCall) throws -> Folder {
        let name = call.metadata.first(name: "dir-name") ?? ""
        switch name {
        case "dockerfile": return .dockerfile
        case "context":
            let isFirst = state.withLock { state in
                defer { state.hasAskedForIgnoreFile = true }
                return !state.hasAskedForIgnoreFile
            }
            // A COPY of that file alone looks the same, and comes later.
            return isFirst && call.metadata["followpaths"] == [".dockerignore"] ? .noIgnoreFile : .context
        default: throw CallStatus(.notFound, "there is no folder \(name)")
        }
    }

    private func walk(of folder: Folder) -> any ContextWalk {
        switch folder {
        case .dockerfile: InMemoryWalk([input.dockerfileEntry])
        case .noIgnoreFile: InMemoryWalk([])
        case .context: input.walk
        }
    }

    private func send(_ listing: ContextListing, on call: inout SessionCall, _ own: TransferTally) async throws {
        let wanted = WantedFiles()
        let replies = call.replies
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await self.sendList(listing, to: replies)
                    try await self.sendContents(of: listing, wanted, to: replies, own)
                } catch {
                    // Makes the daemon give up; until then the reader waits for what it has to say.
                    try? await replies.send(WirePacket.with { ($0.type, $0.data) = (.err, Data("\(error)".utf8)) })
                    throw error
                }
            }
            do {
                try await read(&call, listing, into: wanted)
                wanted.finish()
                try await group.waitForAll()
            } catch {
                wanted.finish()
                group.cancelAll()
                // When the sending failed, that is the cause.
                try await group.waitForAll()
                throw error
            }
        }
        try await replies.send(WirePacket.with { $0.type = .fin })
    }

    /// Reads requests until the daemon has all it wanted.
    private func read(_ call: inout SessionCall, _ listing: ContextListing, into wanted: WantedFiles) async throws {
        while let packet = try await call.next(WirePacket.self) {
            tally.move()
            switch packet.type {
            case .req:
                let index = Int(packet.id)
                guard index < listing.items.count, case .file = listing.items[index].entry.kind else {
                    throw CallStatus(.internal, "entry \(index) is asked for, which is no file of the list")
                }
                wanted.add(index)
            case .fin: return
            // A build that failed elsewhere ends its transfers so.
            case .err: throw CallStatus(.unknown, String(decoding: packet.data, as: UTF8.self))
            default: break
            }
        }
        throw CancellationError()
    }

    private func sendList(_ listing: ContextListing, to replies: SessionReplies) async throws {
        var batch: [UInt8] = []
        for (item, time) in zip(listing.items, times.times(of: listing.items)) {
            try Self.append(WirePacket.with { $0.stat = WireStat(item.entry, time: time) }, to: &batch)
            guard batch.count >= Self.bytesAtOnce else { continue }
            try await replies.send(framed: batch)
            tally.move()
            batch.removeAll(keepingCapacity: true)
        }
        // An empty packet ends the list.
        try Self.append(WirePacket(), to: &batch)
        try await replies.send(framed: batch)
        tally.move()
    }

    /// Adds a message with its frame.
    private static func append(_ packet: WirePacket, to batch: inout [UInt8]) throws {
        let bytes: [UInt8] = try packet.serializedBytes()
        SessionReplies.appendFrameHead(length: bytes.count, to: &batch)
        batch += bytes
    }

    private func sendContents(
        of listing: ContextListing, _ wanted: WantedFiles, to replies: SessionReplies, _ own: TransferTally
    ) async throws {
        let pipe = BytePipe(capacity: 512 * 1024)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await self.reading { try FileSender(wanted, into: pipe, own).send(listing) }
                    pipe.finish()
                } catch {
                    pipe.fail(error)
                }
            }
            defer { pipe.abandon() }
            while let bytes = try await pipe.read() {
                try await replies.send(framed: bytes)
                tally.move()
            }
        }
    }

    /// Runs what reads the context on a thread that may block, and remembers what it threw. That a transfer was given
    /// up, because the build failed elsewhere or was canceled, is not the context's failure.
    private func reading<Result: Sendable>(_ work: @Sendable () throws -> Result) async throws -> Result {
        do {
            return try await BlockingExecutor.shared.run { try work() }
        } catch {
            let isGivenUp = error is CancellationError || error is BytePipeError
            if !isGivenUp { state.withLock { $0.failure = $0.failure ?? error } }
            throw error
        }
    }
}
