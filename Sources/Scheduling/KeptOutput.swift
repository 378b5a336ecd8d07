public import Foundation
import Storage
public import TaskModel

/// An archive of what a run built, which waits for somebody to download it.
public struct KeptOutput: Sendable, Hashable {
    public let form: ImageArchive
    /// On this host.
    public let path: String
    /// In bytes.
    public let size: Int64
    /// When it is removed.
    public let expiryTime: Date

    /// - Returns: nil if nothing of the run is there (any more).
    init?(of run: RunID, in outputs: BlobStore, lifetime: Duration) throws {
        for form in ImageArchive.allCases {
            guard let path = try outputs.file(Self.name(of: run, form)) else { continue }
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            guard let size = attributes[.size] as? Int64, let date = attributes[.modificationDate] as? Date else {
                continue
            }
            self.form = form
            self.path = path
            self.size = size
            expiryTime = date.addingTimeInterval(Double(lifetime.components.seconds))
            return
        }
        return nil
    }

    static func name(of run: RunID, _ form: ImageArchive) -> String { "\(run.text).\(form.rawValue).tar" }
}
