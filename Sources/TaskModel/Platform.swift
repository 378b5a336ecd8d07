/// An operating system and processor: `os[/architecture[/variant]]`.
public struct Platform: Sendable, Hashable, Codable {
    public var os: String
    public var architecture: String?
    public var variant: String?

    public static let linuxAMD64 = Platform(os: "linux", architecture: "amd64")
    public static let knownSystems = ["linux", "windows"]
    public static let knownArchitectures = ["amd64", "x86", "386", "arm", "arm64"]
    public static let knownVariants = ["v6", "v7", "v8"]

    public init(os: String, architecture: String? = nil, variant: String? = nil) {
        self.os = os
        self.architecture = architecture
        self.variant = variant
    }

    /// Reads `os[/architecture[/variant]]` in any case. Nil if a part is none of the known ones.
    public init?(_ text: some StringProtocol) {
        let parts = text.lowercased().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard (1...3).contains(parts.count) else { return nil }
        self.init(
            os: parts[0], architecture: parts.count > 1 ? parts[1] : nil, variant: parts.count > 2 ? parts[2] : nil)
        guard isKnown else { return nil }
    }

    public var isKnown: Bool {
        Self.knownSystems.contains(os)
            && (architecture.map(Self.knownArchitectures.contains) ?? true)
            && (variant.map(Self.knownVariants.contains) ?? true)
    }
}

extension Platform {
    /// Reads platforms separated by commas. Nil if one of them is none.
    public static func list(_ text: String) -> [Platform]? {
        let platforms = text.split(separator: ",", omittingEmptySubsequences: false).map {
            Platform($0.trimmingPrefix { $0 == " " })
        }
        return platforms.contains(nil) ? nil : platforms.compactMap(\.self)
    }

    /// Whether a processor of that architecture, spelled as Go spells it, carries out programs of this platform itself.
    public func isNative(to architecture: String) -> Bool {
        switch (self.architecture ?? architecture, architecture) {
        case let (own, other) where own == other: true
        case ("386", "amd64"), ("x86", "amd64"), ("arm", "arm64"): true
        default: false
        }
    }
}

extension Platform: CustomStringConvertible {
    public var description: String { [os, architecture, variant].compactMap(\.self).joined(separator: "/") }
}
