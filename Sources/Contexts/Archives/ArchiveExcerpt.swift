/// Single files of an archive, read without a thought for the rest of it.
public enum ArchiveExcerpt {
    /// Reads the archive once, within limits. Blocks.
    ///
    /// - Parameters:
    ///   - paths: relative to the root; `./` and `/` in front are left out. Links are not followed.
    ///   - fileLimit: larger files are left out.
    /// - Returns: the bytes by path as given, of those that are files.
    /// - Throws: ``ContextError``, also when a limit is reached.
    public static func read(
        _ paths: [String], of archive: ArchiveSource, fileLimit: Int, limits: ContextLimits
    ) throws -> [String: [UInt8]] {
        let inside = paths.compactMap { path in pathInside(path.utf8).map { (path, $0) } }
        let index = try ArchiveIndex(
            archive, limits: limits, capturing: Set(inside.map(\.1)), captureLimit: fileLimit)
        var files: [String: [UInt8]] = [:]
        for (path, name) in inside {
            guard let place = index.names.place(of: name), case .file(let body, _) = index.names.nodes[place].kind
            else { continue }
            files[path] = index.captured[body]
        }
        return files
    }
}
