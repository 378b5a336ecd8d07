/// The rules of an ignore file, read and compiled.
public struct DockerIgnore: Sendable {
    static let maxFileBytes = 1 << 20
    private static let maxRules = 10_000
    /// Of all rules together: repetitions in braces make a program of many steps out of a few bytes.
    private static let maxInstructions = 1_000_000
    private static let maxLineBytes = 65_535

    /// In the order of the file.
    let rules: [IgnoreRule]
    /// The rules as read, an exception with its `!` in front, for people and tests.
    public var patterns: [String] { rules.map(\.text) }

    /// No rules.
    public static let empty = DockerIgnore(rules: [])

    init(rules: [IgnoreRule]) {
        self.rules = rules
    }

    /// Reads an ignore file.
    ///
    /// - Parameter file: its name, for errors.
    /// - Throws: ``ContextError/invalidPattern(file:line:text:reason:)``, ``ContextError/lineTooLong(file:line:)``,
    ///   ``ContextError/ignoreFileTooLarge(_:limit:)``: one bad line fails the whole file.
    public init(_ bytes: [UInt8], file: String) throws(ContextError) {
        guard bytes.count <= Self.maxFileBytes else { throw .ignoreFileTooLarge(file, limit: "1 MiB") }
        var rules: [IgnoreRule] = []
        var number = 0
        var instructions = 0
        for var line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            guard line.count <= Self.maxLineBytes else { throw .lineTooLong(file: file, line: number) }
            if number == 1, line.starts(with: [0xef, 0xbb, 0xbf]) { line = line.dropFirst(3) }
            if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
            guard line.first != UInt8(ascii: "#") else { continue }
            guard let rule = Self.rule(in: line) else { continue }
            guard rules.count < Self.maxRules else { throw .ignoreFileTooLarge(file, limit: "\(Self.maxRules) rules") }
            do {
                let rule = try IgnoreRule(rule, line: number)
                instructions += rule.instructions
                rules.append(rule)
            } catch {
                let text = String(decoding: line, as: UTF8.self)
                throw .invalidPattern(file: file, line: number, text: text, reason: error.reason)
            }
            guard instructions <= Self.maxInstructions else {
                throw .ignoreFileTooLarge(
                    file, limit: "\(Self.maxInstructions) wildcards and characters to match, repetitions counted")
            }
        }
        self.rules = rules
    }

    /// Whether a walk from the root down leaves this path out.
    public func excludes(_ path: String) -> Bool {
        let filter = IgnoreFilter(self)
        var state = filter.root
        let bytes = Array(path.utf8)
        for end in bytes.indices.filter({ bytes[$0] == .slash }) + [bytes.count] {
            state = filter.decide(Array(bytes[..<end]), in: state)
        }
        return !state.isKept
    }

    /// With one more rule at the end.
    func adding(_ rule: String) throws(ContextError) -> DockerIgnore {
        do {
            return DockerIgnore(rules: rules + [try IgnoreRule(Array(rule.utf8))])
        } catch {
            throw .invalidPattern(file: "", line: 0, text: rule, reason: error.reason)
        }
    }

    /// The rule that a line holds: trimmed, cleaned, a leading slash dropped. Nil for a blank line.
    private static func rule(in line: ArraySlice<UInt8>) -> [UInt8]? {
        var rest = trimmed(line)
        guard let first = rest.first else { return nil }
        let isException = first == UInt8(ascii: "!")
        if isException { rest = trimmed(rest.dropFirst()) }
        var cleaned = rest.isEmpty ? [] : cleanPath(rest)
        if cleaned.count > 1, cleaned.first == .slash { cleaned.removeFirst() }
        return isException ? [UInt8(ascii: "!")] + cleaned : cleaned
    }

    /// Without white space, in Unicode's sense, on both ends.
    static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var rest = bytes
        while let count = whiteSpace.first(where: { rest.starts(with: $0) })?.count { rest = rest.dropFirst(count) }
        while let count = whiteSpace.first(where: { rest.suffix($0.count).elementsEqual($0) })?.count {
            rest = rest.dropLast(count)
        }
        return rest
    }

    private static let whiteSpace: [[UInt8]] = {
        let scalars: [ClosedRange<UInt32>] = [
            0x09...0x0d, 0x20...0x20, 0x85...0x85, 0xa0...0xa0, 0x1680...0x1680, 0x2000...0x200a, 0x2028...0x2029,
            0x202f...0x202f,
            0x205f...0x205f, 0x3000...0x3000,
        ]
        return scalars.joined().compactMap(Unicode.Scalar.init).map { Array(String($0).utf8) }
    }()
}
