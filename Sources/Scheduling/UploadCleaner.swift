import Foundation
public import Logging
public import ServiceLifecycle
public import Storage

/// Removes uploads that no run needs, an hour after their run ended, four hours after an upload that no run used; and
/// archives of images that nobody has fetched in their time.
public struct UploadCleaner: Service {
    let runs: any RunStore
    let uploads: BlobStore
    let outputs: BlobStore
    let outputLifetime: Duration
    let logger: Logger
    private let keptAfterRun: Duration = .seconds(3600)
    private let keptUnused: Duration = .seconds(4 * 3600)

    public init(runs: any RunStore, uploads: BlobStore, outputs: BlobStore, outputLifetime: Duration, logger: Logger) {
        self.runs = runs
        self.uploads = uploads
        self.outputs = outputs
        self.outputLifetime = outputLifetime
        self.logger = logger
    }

    public func run() async throws {
        await repeating(every: .seconds(600), logger: logger, failure: "uploads not cleaned") {
            try await clean(at: Date())
        }
    }

    /// Half uploads go an hour after their last byte.
    func clean(at now: Date) async throws {
        let used = try await runs.usedUploads(since: now.addingTimeInterval(-Double(keptAfterRun.components.seconds)))
        var removed = try uploads.removeFiles(olderThan: .seconds(3600), at: now) { !$0.hasSuffix(".part") }
        removed += try uploads.removeFiles(olderThan: keptUnused, at: now) { used.contains($0) }
        // Half ones are those of runs that have not told their end; a run lasts hours at most.
        removed += try outputs.removeFiles(olderThan: outputLifetime, at: now) { _ in false }
        if removed > 0 { logger.info("files removed", metadata: ["files": "\(removed)"]) }
    }
}
