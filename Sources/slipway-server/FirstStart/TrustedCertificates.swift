import BuildAgent

/// The certificates that the server's clients of others trust.
enum TrustedCertificates {
    /// The system's bundle, if there is one, followed by more PEM files.
    ///
    /// - Parameter extra: each must hold at least one certificate that can be read.
    /// - Throws: ``FileError`` naming the file.
    static func bundle(extra: [String], system: [String] = SystemCertificates.bundles) throws(FileError) -> [UInt8] {
        var bundle: [UInt8] = []
        // Trusting only the extra ones is a choice too: machines without a bundle are not refused.
        if let path = system.first(where: exists) { bundle = try readFile(path, limit: 16 << 20) }
        for path in extra {
            _ = try certificates(in: path)
            if let last = bundle.last, last != UInt8(ascii: "\n") { bundle.append(UInt8(ascii: "\n")) }
            bundle += try readFile(path, limit: 16 << 20)
        }
        return bundle
    }
}
