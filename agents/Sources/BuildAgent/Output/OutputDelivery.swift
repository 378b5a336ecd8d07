import AgentProtocol
import Contexts
import CurlHTTP
import DockerEngine
import TaskModel

/// Gives the server what a run built, for people to download.
struct OutputDelivery {
    /// One platform's image.
    struct Part {
        /// On the daemon.
        let names: [String]
        let imageID: String
    }

    let session: RunSession
    let form: ImageArchive
    let parts: [Part]
    /// What the image is called.
    let images: [ImageReference]

    private var client: DockerClient { session.daemon.client }

    func deliver() async throws {
        await session.log.line("Keeping the image as a \(form.rawValue) archive...")
        switch form {
        case .docker: try await enduring { try await keepAsDocker() }
        case .oci: try await enduring { try await keepAsOCI() }
        }
        await session.log.line(
            "The image can be downloaded: slipway runs download \(session.assignment.run)")
    }

    /// Begins anew when the server can be reached again: what was read of an archive is gone.
    private func enduring(_ work: () async throws -> Void) async throws {
        try await Outage.enduring(attempts: 1) { _ in
            await session.log.line("Waiting to keep the image: the server can't be reached.")
        } _: {
            try await work()
        }
    }

    /// What the daemon writes is the archive.
    private func keepAsDocker() async throws {
        guard let part = parts.first else { return }
        try await client.exportImage(names(of: part)) { [session, form] pipe in
            try await session.broker.keepOutput(form, pipe, for: session.assignment.lease)
        }
    }

    /// Without a name, the archive has the image's id alone.
    private func names(of part: Part) -> [String] { images.isEmpty ? [part.imageID] : part.names }

    /// Written from what the daemon saved, which needs a reading in no order: it is kept on the disk meanwhile.
    private func keepAsOCI() async throws {
        var limits = session.fetcher.access.limits
        // Images are larger than contexts.
        limits.unpackedBytes = 64 << 30
        limits.duration = .seconds(3600)
        var left = session.assignment.outputLimit
        var archives: [ArchiveSource] = []
        for part in parts {
            let (source, size) = try await client.exportImage([part.imageID]) {
                [directory = session.fetcher.directory, left] pipe in
                do {
                    let source = try await ArchiveSource.kept(pipe, in: directory, limit: left)
                    return (source, pipe.bytesWritten)
                } catch ContextError.tooLarge {
                    throw BrokerError.outputTooLarge(limit: left)
                }
            }
            left -= size
            limits.packedBytes = max(limits.packedBytes, size)
            archives.append(source)
        }
        let layout = try await BlockingExecutor.shared.run { [archives, images, limits] in
            try OCILayout(
                archives.map { try SavedImage(ArchiveContext.contents(of: $0, limits: limits)) }, names: images)
        }
        let pipe = BytePipe()
        async let isPacked: Void = ContextPacker.packInBackground(layout, into: pipe)
        do {
            try await session.broker.keepOutput(form, pipe, for: session.assignment.lease)
        } catch {
            pipe.abandon()
            _ = try? await isPacked  // the broker's error is the cause
            throw error
        }
        try await isPacked
    }
}
