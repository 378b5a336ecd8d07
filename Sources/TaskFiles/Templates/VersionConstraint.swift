/// Which versions will do: `>=1.2, <2 || ^3.1`, as the library semver 3 of Masterminds reads it.
struct VersionConstraint {
    /// One of these must hold, and of it all.
    private let alternatives: [[Comparison]]

    /// Nil if it is none.
    init?(_ text: String) {
        guard text.utf8.count <= 1024 else { return nil }
        var alternatives: [[Comparison]] = []
        for part in Self.parts(of: text) {
            guard let comparisons = Self.comparisons(part) else { return nil }
            alternatives.append(comparisons)
        }
        self.alternatives = alternatives
    }

    func holds(for version: SemanticVersion) -> Bool {
        alternatives.contains { $0.allSatisfy { $0.holds(for: version) } }
    }

    private static func parts(of text: String) -> [Substring] {
        var parts: [Substring] = []
        var rest = Substring(text)
        while let bar = rest.firstIndex(of: "|") {
            let next = rest.index(after: bar)
            guard next < rest.endIndex, rest[next] == "|" else { break }
            parts.append(rest[..<bar])
            rest = rest[rest.index(after: next)...]
        }
        return parts + [rest]
    }

    /// Comparisons with commas or white space between them, `1 - 2` being two.
    private static func comparisons(_ part: Substring) -> [Comparison]? {
        var reader = VersionReader(part)
        var comparisons: [Comparison] = []
        reader.skipSpaces()
        while true {
            let operation = operation(&reader)
            reader.skipSpaces()
            guard let version = reader.version(wildcards: true), let comparison = Comparison(operation, version) else {
                return nil
            }
            let beforeSpaces = reader
            let hasSpace = reader.skipSpaces()
            if hasSpace, operation.isEmpty, reader.accept("-"), reader.skipSpaces(),
                let end = reader.version(wildcards: true)
            {
                guard let least = Comparison(">=", version), let most = Comparison("<=", end) else { return nil }
                comparisons += [least, most]
            } else {
                reader = beforeSpaces
                comparisons.append(comparison)
            }
            let isSeparated = reader.skipSpaces()
            if reader.isAtEnd { return comparisons }
            let hasComma = reader.accept(",")
            reader.skipSpaces()
            guard isSeparated || hasComma, !reader.isAtEnd else { return nil }
        }
    }

    private static func operation(_ reader: inout VersionReader) -> String {
        ["!=", ">=", "=>", "<=", "=<", "~>", "=", ">", "<", "~", "^"].first { reader.accept($0) } ?? ""
    }
}

/// A version and how others are compared to it.
private struct Comparison {
    let operation: String
    let version: SemanticVersion
    /// The numbers that aren't told: `1` has no minor one. With `*` both of these are false, and ``isDirty`` is true.
    let isMinorDirty: Bool
    let isPatchDirty: Bool
    let isDirty: Bool

    init?(_ operation: String, _ parts: (numbers: [String], prerelease: String, metadata: String, text: String)) {
        self.operation = operation
        func isOpen(_ index: Int) -> Bool {
            index >= parts.numbers.count || ["x", "X", "*"].contains(parts.numbers[index])
        }
        let told = (0..<3).first(where: isOpen) ?? 3
        isDirty = told < 3
        isMinorDirty = told == 1
        isPatchDirty = told == 2
        let numbers = parts.numbers.prefix(told).map { UInt($0) } + Array(repeating: 0, count: 3 - told)
        guard let major = numbers[0], let minor = numbers[1], let patch = numbers[2] else { return nil }
        version = SemanticVersion(major: major, minor: minor, patch: patch, prerelease: parts.prerelease)
    }

    func holds(for other: SemanticVersion) -> Bool {
        // Prereleases only count where one is asked for.
        if operation != "!=" || isDirty, !other.prerelease.isEmpty, version.prerelease.isEmpty { return false }
        let order = other.compared(to: version)
        switch operation {
        case "!=": return differs(other, order)
        case ">": return isGreater(other, order)
        case "<": return order < 0
        case ">=", "=>": return order >= 0
        case "<=", "=<": return isAtMost(other, order)
        case "~", "~>": return isNear(other, order)
        case "^": return isCompatible(other, order)
        default: return isDirty ? isNear(other, order) : order == 0
        }
    }

    private func differs(_ other: SemanticVersion, _ order: Int) -> Bool {
        guard isDirty else { return order != 0 }
        if version.major != other.major { return true }
        if isMinorDirty { return false }
        if version.minor != other.minor { return true }
        if isPatchDirty { return SemanticVersion.compared(other.prerelease, version.prerelease) != 0 }
        return version.patch != other.patch || order != 0
    }

    private func isGreater(_ other: SemanticVersion, _ order: Int) -> Bool {
        guard isDirty, version.major == other.major else { return isDirty ? other.major > version.major : order > 0 }
        if isMinorDirty { return false }
        return isPatchDirty ? other.minor > version.minor : order > 0
    }

    private func isAtMost(_ other: SemanticVersion, _ order: Int) -> Bool {
        guard isDirty else { return order <= 0 }
        return other.major < version.major
            || (other.major == version.major && (other.minor <= version.minor || isMinorDirty))
    }

    private func isNear(_ other: SemanticVersion, _ order: Int) -> Bool {
        if order < 0 { return false }
        if version.major == 0, version.minor == 0, version.patch == 0, !isMinorDirty, !isPatchDirty { return true }
        return other.major == version.major && (other.minor == version.minor || isMinorDirty)
    }

    private func isCompatible(_ other: SemanticVersion, _ order: Int) -> Bool {
        if order < 0 { return false }
        if version.major > 0 || isMinorDirty { return other.major == version.major }
        if other.major > 0 { return false }
        if version.minor > 0 || isPatchDirty { return other.minor == version.minor }
        return other.minor == 0 && other.patch == version.patch
    }
}
