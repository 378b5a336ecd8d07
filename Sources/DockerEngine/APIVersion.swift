/// A version of the Engine API, such as 1.41.
struct APIVersion: Sendable, Hashable {
    let major: Int
    let minor: Int

    /// That of docker 20.10.
    static let oldest = APIVersion(major: 1, minor: 41)
    /// The newest whose calls used here are known to be the same.
    static let newest = APIVersion(major: 1, minor: 48)
}

extension APIVersion {
    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let major = Int(parts[0]), let minor = Int(parts[1]) else { return nil }
        self.init(major: major, minor: minor)
    }
}

extension APIVersion: Comparable, CustomStringConvertible {
    static func < (left: APIVersion, right: APIVersion) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }

    var description: String { "\(major).\(minor)" }
}
