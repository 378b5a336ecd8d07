/// What an installation sets for all builds, those of task files included.
public struct BuildSettings: Sendable, Hashable {
    /// What becomes of `# syntax=` lines; the first rule that fits counts, and without one a line stays as it is.
    public var syntax: [SyntaxRule]

    public init(syntax: [SyntaxRule] = []) {
        self.syntax = syntax
    }

    /// Those for Dockerfiles of strangers: a frontend may use each cache of the daemon, so they name none but such as have
    /// a rule.
    public var forStrangers: BuildSettings {
        BuildSettings(syntax: syntax + [.builtin])
    }
}

/// What becomes of a `# syntax=` line of a Dockerfile.
public struct SyntaxRule: Sendable, Hashable {
    public enum Replacement: Sendable, Hashable {
        /// The line is left out: the builder's own frontend reads the file.
        case builtin
        /// Another image. Without a tag it gets that of the line.
        case image(ImageReference)
    }

    /// The image of the line; any with this repository if it has no tag. Nil fits every line.
    public let source: ImageReference?
    public let replacement: Replacement

    /// For every line that has no rule before.
    public static let builtin = SyntaxRule(source: nil, replacement: .builtin)

    private init(source: ImageReference?, replacement: Replacement) {
        self.source = source
        self.replacement = replacement
    }

    /// Reads `builtin`, `IMAGE=IMAGE` or `IMAGE=builtin`; nil for any other text.
    public init?(_ text: String) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        // The reader of the setting says what is expected.
        func image(_ name: String) -> ImageReference? { try? ImageReference(name) }
        switch (parts.count, parts.last) {
        case (1, "builtin"?): (source, replacement) = (nil, .builtin)
        case (2, let target?):
            guard let from = image(parts[0]), from.digest == nil else { return nil }
            source = from
            if target == "builtin" {
                replacement = .builtin
            } else {
                guard let target = image(target) else { return nil }
                replacement = .image(target)
            }
        default: return nil
        }
    }

    /// - Returns: nil if the rule is not for this image.
    public func replacement(for image: ImageReference) -> Replacement? {
        if let source {
            guard source.registry == image.registry, source.repository == image.repository,
                source.tag == nil || source.tag == image.tag ?? "latest"
            else { return nil }
        }
        guard case .image(let target) = replacement, target.tag == nil, target.digest == nil else { return replacement }
        return .image(
            ImageReference(
                registry: target.registry, repository: target.repository, tag: image.tag, digest: image.digest))
    }
}

extension SyntaxRule: CustomStringConvertible {
    /// As ``init(_:)`` reads it.
    public var description: String {
        let target = if case .image(let image) = replacement { "\(image)" } else { "builtin" }
        return source.map { "\($0)=\(target)" } ?? target
    }
}
