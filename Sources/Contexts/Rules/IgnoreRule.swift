import Glibc

/// One rule of an ignore file, compiled.
final class IgnoreRule: Sendable {
    struct Invalid: Error {
        let reason: String
    }

    /// How a path is compared.
    private enum Shape {
        /// No special character: equal or not.
        case exact
        /// Plain text, then `**` at the very end.
        case prefix
        /// `**` at the very start, then plain text.
        case suffix
        case expression(GlobExpression)
    }

    let isException: Bool
    /// As read, the `!` included.
    let text: String
    /// Its line in the ignore file, from 1; nil for a rule that stands in none.
    let line: Int?
    private let pattern: [UInt8]
    private let shape: Shape
    /// What every path that matches begins with, ends with and holds.
    private let prefix: [UInt8]
    private let suffix: [UInt8]
    private let middle: [UInt8]
    /// For exceptions: the first segments, as far as they can be compared one by one.
    private let segments: [Segment]
    /// Whether ``segments`` are all there is.
    private let hasAllSegments: Bool

    private enum Segment {
        case plain([UInt8])
        case glob(GlobExpression)
    }

    /// - Parameter rule: a rule as read: trimmed, cleaned, with its `!`.
    init(_ rule: [UInt8], line: Int? = nil) throws(Invalid) {
        self.line = line
        text = String(decoding: rule, as: UTF8.self)
        // The whole rule, `!` included, is trimmed and cleaned a second time, as the builders' own compiler does.
        var pattern = cleanPath(DockerIgnore.trimmed(rule[...]))
        isException = pattern.first == UInt8(ascii: "!")
        if isException {
            pattern.removeFirst()
            guard !pattern.isEmpty else { throw Invalid(reason: "an exception needs a path after the '!'") }
        }
        if let problem = GlobSyntax.problem(in: pattern) { throw Invalid(reason: problem) }
        self.pattern = pattern
        let translation = GlobTranslation(pattern)
        switch translation.shape {
        case .exact:
            shape = .exact
            (prefix, suffix, middle) = ([], [], [])
        case .prefix:
            shape = .prefix
            (prefix, suffix, middle) = (Array(pattern.dropLast(2)), [], [])
        case .suffix:
            shape = .suffix
            (prefix, suffix, middle) = ([], Array(pattern.dropFirst(2)), [])
        case .expression:
            shape = .expression(try GlobExpression(translation.expression))
            (prefix, suffix, middle) = GlobTranslation.literals(of: pattern)
        }
        (segments, hasAllSegments) =
            isException ? Self.segments(of: pattern, isExact: translation.shape == .exact) : ([], false)
    }

    /// The length of the programs it was compiled to.
    var instructions: Int {
        let whole = if case .expression(let expression) = shape { expression.count } else { 0 }
        return segments.reduce(whole) { sum, segment in
            if case .glob(let glob) = segment { sum + glob.count } else { sum }
        }
    }

    func matches(_ path: UnsafeBufferPointer<UInt8>, _ scratch: GlobScratch) -> Bool {
        switch shape {
        case .exact: path.count == pattern.count && has(pattern, in: path, at: 0)
        case .prefix: path.count >= prefix.count && has(prefix, in: path, at: 0)
        case .suffix:
            path.count >= suffix.count && has(suffix, in: path, at: path.count - suffix.count)
                || suffix.first == .slash && path.count == suffix.count - 1 && suffix.dropFirst().elementsEqual(path)
        case .expression(let expression):
            path.count >= prefix.count && path.count >= suffix.count && has(prefix, in: path, at: 0)
                && has(suffix, in: path, at: path.count - suffix.count) && holds(middle, path)
                && expression.matches(path, scratch)
        }
    }

    private func has(_ part: [UInt8], in path: UnsafeBufferPointer<UInt8>, at offset: Int) -> Bool {
        guard let base = path.baseAddress, !part.isEmpty else { return part.isEmpty }
        return part.withUnsafeBytes { part in
            guard let start = part.baseAddress else { return true }
            return memcmp(start, base + offset, part.count) == 0
        }
    }

    private func holds(_ part: [UInt8], _ path: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let first = part.first, let base = path.baseAddress else { return part.isEmpty }
        var start = 0
        while start + part.count <= path.count,
            let found = memchr(base + start, CInt(first), path.count - part.count + 1 - start)
        {
            start = UnsafeRawPointer(base).distance(to: found)
            if has(part, in: path, at: start) { return true }
            start += 1
        }
        return false
    }

    // MARK: Pruning

    /// Whether this exception may match something below a directory. Never false where it does match; true too often
    /// only costs time.
    func mayMatch(below directory: UnsafeBufferPointer<UInt8>, _ scratch: GlobScratch) -> Bool {
        var start = 0
        for segment in segments {
            guard start <= directory.count else { return true }
            let end = directory[start...].firstIndex(of: .slash) ?? directory.count
            let name = UnsafeBufferPointer(rebasing: directory[start..<end])
            switch segment {
            case .plain(let text): guard text.elementsEqual(name) else { return false }
            case .glob(let glob): guard glob.matches(name, scratch) else { return false }
            }
            start = end + 1
        }
        // All fit: if there is nothing more to the rule, it names this directory or one above it, and nothing below.
        return !hasAllSegments
    }

    private static func segments(of pattern: [UInt8], isExact: Bool) -> ([Segment], Bool) {
        let parts = pattern.split(separator: .slash, omittingEmptySubsequences: false)
        if isExact { return (parts.map { .plain(Array($0)) }, true) }
        // Live characters of the expression may reach over a slash, a letter after a backslash may mean anything.
        guard !pattern.contains(where: { "{}|^".utf8.contains($0) }), !GlobTranslation.hasLetterEscape(pattern),
            let text = String(validating: pattern, as: UTF8.self), !text.unicodeScalars.contains("\u{feff}")
        else { return ([], false) }
        var segments: [Segment] = []
        for part in parts {
            guard !part.contains(where: { "*?[]\\".utf8.contains($0) }) else {
                guard part.firstRange(of: [0x2a, 0x2a]) == nil, GlobSyntax.problem(in: Array(part)) == nil,
                    let glob = try? GlobExpression(GlobTranslation(Array(part)).expression), !glob.mayMatchSlash
                else { return (segments, false) }  // a part that can't stand alone can't be compared alone
                segments.append(.glob(glob))
                continue
            }
            segments.append(.plain(Array(part)))
        }
        return (segments, true)
    }
}

extension ArraySlice<UInt8> {
    fileprivate func firstRange(of part: [UInt8]) -> Range<Int>? {
        guard count >= part.count else { return nil }
        return (startIndex...(endIndex - part.count)).first { self[$0..<($0 + part.count)].elementsEqual(part) }.map {
            $0..<($0 + part.count)
        }
    }
}
