/// Reads a regular expression.
struct RegexParser {
    /// The most bytes of one.
    static let maxBytes = 10_000
    /// The most groups in each other.
    static let maxDepth = 50
    /// The most times that something is repeated, also when repetitions are repeated.
    static let maxRepetitions = 1000

    private struct Flags {
        var ignoresCase = false
        var isMultiline = false
        var dotMatchesNewline = false
        var isUngreedy = false
    }

    private let runes: [UInt32]
    private var place = 0
    private var flags = Flags()
    private var depth = 0
    /// Of the groups, from the first; empty for those without.
    private(set) var names: [String] = []

    private init(_ runes: [UInt32]) { self.runes = runes }

    /// - Throws: ``TemplateFailure`` of the kind `evaluation`.
    static func parse(_ pattern: ByteString) throws -> (node: RegexNode, names: [String]) {
        guard pattern.count <= maxBytes else {
            throw Self.failure("it has more than \(maxBytes) bytes")
        }
        var parser = RegexParser(pattern.runes)
        let node = try parser.alternatives()
        guard parser.isAtEnd else { throw failure("it has a ')' too many") }
        guard repetitions(of: node) <= maxRepetitions else {
            throw failure("it repeats something more than \(maxRepetitions) times")
        }
        return (node, parser.names)
    }

    static func failure(_ reason: String) -> TemplateFailure {
        TemplateFailure(.evaluation, "the regular expression can't be used: \(reason)")
    }

    private static func repetitions(of node: RegexNode) -> Int {
        switch node {
        case .empty, .runes, .assertion: return 1
        case .group(let inner, _): return repetitions(of: inner)
        case .sequence(let nodes), .alternatives(let nodes): return nodes.map(repetitions).max() ?? 1
        case .repetition(let inner, let least, let most, _):
            // Each at most 1000, so this can't overflow before it is refused.
            return min(max(most ?? least, 1) * repetitions(of: inner), maxRepetitions + 1)
        }
    }

    // MARK: Characters

    private var isAtEnd: Bool { place >= runes.count }
    private var peek: UInt32? { place < runes.count ? runes[place] : nil }

    private mutating func next() -> UInt32? {
        defer { place += 1 }
        return peek
    }

    private mutating func accept(_ text: String) -> Bool {
        let wanted = text.unicodeScalars.map(\.value)
        guard runes[min(place, runes.count)...].starts(with: wanted) else { return false }
        place += wanted.count
        return true
    }

    // MARK: Grammar

    private mutating func alternatives() throws -> RegexNode {
        var nodes = [try sequence()]
        while accept("|") { nodes.append(try sequence()) }
        return nodes.count == 1 ? nodes[0] : .alternatives(nodes)
    }

    private mutating func sequence() throws -> RegexNode {
        var nodes: [RegexNode] = []
        while let rune = peek, rune != bar, rune != close {
            if accept("\\Q") { nodes += quoted(); continue }
            guard let node = try item() else { continue }
            nodes.append(try repeated(node))
        }
        return nodes.count == 1 ? nodes[0] : nodes.isEmpty ? .empty : .sequence(nodes)
    }

    private let bar = UInt32(UInt8(ascii: "|"))
    private let close = UInt32(UInt8(ascii: ")"))

    /// `\Q…\E`
    private mutating func quoted() -> [RegexNode] {
        var nodes: [RegexNode] = []
        while !isAtEnd, !accept("\\E") {
            if let rune = next() { nodes.append(literal(rune)) }
        }
        return nodes
    }

    private func literal(_ rune: UInt32) -> RegexNode { .runes(.single(rune, ignoresCase: flags.ignoresCase)) }

    /// - Returns: nil for flags, which are nothing by themselves.
    private mutating func item() throws -> RegexNode? {
        guard let rune = next() else { return .empty }
        switch Unicode.Scalar(rune) {
        case "(": return try group()
        case "[": return .runes(try bracket())
        case ".":
            return .runes(
                RegexClass(ranges: flags.dotMatchesNewline ? [0...0x10ffff] : [0...0x09, 0x0b...0x10ffff]))
        case "^": return .assertion(flags.isMultiline ? .lineStart : .textStart)
        case "$": return .assertion(flags.isMultiline ? .lineEnd : .textEnd)
        case "*", "+", "?": throw Self.failure("'\(shown(rune))' has nothing before it to repeat")
        case "\\": return try escape()
        case "{":
            place -= 1
            let start = place
            if try bounds() != nil { throw Self.failure("'{' has nothing before it to repeat") }
            place = start + 1
            return literal(rune)
        default: return literal(rune)
        }
    }

    private func shown(_ rune: UInt32) -> String { Unicode.Scalar(rune).map { String(Character($0)) } ?? "?" }

    private mutating func repeated(_ node: RegexNode) throws -> RegexNode {
        guard let (least, most) = try repetition() else { return node }
        let isGreedy = accept("?") == flags.isUngreedy
        if try repetition() != nil { throw Self.failure("it has a repetition right after another") }
        return .repetition(node, least: least, most: most, isGreedy: isGreedy)
    }

    private mutating func repetition() throws -> (least: Int, most: Int?)? {
        if accept("*") { return (0, nil) }
        if accept("+") { return (1, nil) }
        if accept("?") { return (0, 1) }
        return try bounds()
    }

    /// `{2}`, `{2,}`, `{2,5}`; what isn't one stands for itself.
    private mutating func bounds() throws -> (least: Int, most: Int?)? {
        let start = place
        guard accept("{"), let least = number() else { place = start; return nil }
        var most: Int? = least
        if accept(",") { most = number() }
        guard accept("}") else { place = start; return nil }
        guard least <= Self.maxRepetitions, most ?? 0 <= Self.maxRepetitions, least <= most ?? least else {
            throw Self.failure("a number of repetitions is over \(Self.maxRepetitions), or the first over the second")
        }
        return (least, most)
    }

    private mutating func number() -> Int? {
        let start = place
        var value = 0
        while let rune = peek, (0x30...0x39).contains(rune) {
            value = min(value * 10 + Int(rune - 0x30), Self.maxRepetitions + 1)
            place += 1
        }
        return place > start ? value : nil
    }

    private mutating func group() throws -> RegexNode? {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maxDepth else {
            throw Self.failure("it has more than \(Self.maxDepth) groups in each other")
        }
        let outer = flags
        var index: Int?
        if accept("?") {
            if accept("=") || accept("!") || accept("<=") || accept("<!") {
                throw Self.failure("'(?=', '(?!', '(?<=' and '(?<!' are not known, as in Go")
            }
            if accept("P<") || accept("<") {
                index = try named()
            } else if try readFlags() {
                // They are for the rest of the group around.
                return nil
            }
        } else {
            names.append("")
            index = names.count
        }
        guard names.count <= 100 else { throw Self.failure("it has more than 100 groups") }
        let node = try alternatives()
        guard accept(")") else { throw Self.failure("a '(' has no ')'") }
        flags = outer
        return .group(node, index: index)
    }

    private mutating func named() throws -> Int {
        var name = ""
        while let rune = next(), rune != UInt32(UInt8(ascii: ">")) { name += shown(rune) }
        guard !name.isEmpty, name.utf8.allSatisfy({ $0 == 0x5f || RegexEscapes.isAlphanumeric(UInt32($0)) }),
            !names.contains(name)
        else {
            throw Self.failure(
                "the name '\(name.prefix(50))' of a group is not of letters and digits, or is twice there")
        }
        names.append(name)
        return names.count
    }

    /// `i)`, `i-s:`
    ///
    /// - Returns: whether there are only flags.
    private mutating func readFlags() throws -> Bool {
        var isOn = true
        var isEmpty = true
        while let rune = next() {
            switch Unicode.Scalar(rune) {
            case "i": flags.ignoresCase = isOn
            case "m": flags.isMultiline = isOn
            case "s": flags.dotMatchesNewline = isOn
            case "U": flags.isUngreedy = isOn
            case "-" where isOn:
                isOn = false
                isEmpty = true
                continue
            case ")" where !isEmpty: return true
            case ":" where !isEmpty || isOn: return false
            default: throw Self.failure("it has flags other than i, m, s and U after '(?'")
            }
            isEmpty = false
        }
        throw Self.failure("a '(' has no ')'")
    }

    private mutating func escape() throws -> RegexNode {
        guard let rune = next() else { throw Self.failure("it ends with '\\'") }
        switch Unicode.Scalar(rune) {
        case "A": return .assertion(.textStart)
        case "z": return .assertion(.textEnd)
        case "b": return .assertion(.wordBoundary)
        case "B": return .assertion(.noWordBoundary)
        default: break
        }
        if var named = try namedClass(rune) {
            named.ignoresCase = flags.ignoresCase
            return .runes(named)
        }
        return literal(try escaped(rune))
    }

    /// `\d` and `\pL`, their `\` and first letter read; nil if it is something else.
    private mutating func namedClass(_ rune: UInt32) throws -> RegexClass? {
        if let letter = UInt8(exactly: rune), let perl = RegexClass.perl(letter) { return perl }
        guard rune == UInt32(UInt8(ascii: "p")) || rune == UInt32(UInt8(ascii: "P")) else { return nil }
        var name = ""
        if accept("{") {
            while let part = next(), part != UInt32(UInt8(ascii: "}")), name.count < 50 { name += shown(part) }
        } else if let single = next() {
            name = shown(single)
        }
        var isNegated = rune == UInt32(UInt8(ascii: "P"))
        if name.hasPrefix("^") {
            isNegated.toggle()
            name.removeFirst()
        }
        guard var result = RegexClass.unicode(name) else {
            throw Self.failure("it has \\p{\(name)}; only general categories, such as \\p{Lu}, are known here")
        }
        result.isNegated = isNegated
        return result
    }

    /// A character after `\`.
    private mutating func escaped(_ rune: UInt32) throws -> UInt32 {
        switch Unicode.Scalar(rune) {
        case "a": return 0x07
        case "f": return 0x0c
        case "n": return 0x0a
        case "r": return 0x0d
        case "t": return 0x09
        case "v": return 0x0b
        case "x": return try hexadecimal()
        case "0": return octal(0, digits: 2)
        case "1", "2", "3", "4", "5", "6", "7":
            if let second = peek, (0x30...0x37).contains(second) { return octal(rune - 0x30, digits: 2) }
            throw Self.failure("'\\\(shown(rune))' refers back to a group, which is not known, as in Go")
        default:
            guard rune < 0x80, !RegexEscapes.isAlphanumeric(rune) else {
                throw Self.failure("'\\\(shown(rune))' is not known")
            }
            return rune
        }
    }

    private mutating func octal(_ first: UInt32, digits: Int) -> UInt32 {
        var value = first
        for _ in 0..<digits {
            guard let rune = peek, (0x30...0x37).contains(rune) else { break }
            value = value * 8 + rune - 0x30
            place += 1
        }
        return value
    }

    /// `7f` or `{10ffff}`
    private mutating func hexadecimal() throws -> UInt32 {
        let isLong = accept("{")
        var digits = ""
        while let rune = peek, rune < 0x80, RegexEscapes.isAlphanumeric(rune), digits.utf8.count < (isLong ? 8 : 2) {
            digits += shown(rune)
            place += 1
        }
        guard let value = UInt32(digits, radix: 16), value <= 0x10ffff, isLong ? accept("}") : digits.utf8.count == 2
        else { throw Self.failure("after '\\x' are two hexadecimal digits, or more in braces") }
        return value
    }

    // MARK: Brackets

    /// `[a-z]`, its `[` read.
    private mutating func bracket() throws -> RegexClass {
        var result = RegexClass()
        result.isNegated = accept("^")
        result.ignoresCase = flags.ignoresCase
        var isFirst = true
        while isFirst || peek != UInt32(UInt8(ascii: "]")) {
            guard let rune = next() else { throw Self.failure("a '[' has no ']'") }
            isFirst = false
            if rune == UInt32(UInt8(ascii: "[")), accept(":") {
                if let named = try posixClass() { result.add(named); continue }
            }
            if rune == UInt32(UInt8(ascii: "\\")), let letter = peek {
                place += 1
                if let named = try namedClass(letter) { result.add(named); continue }
                place -= 1
            }
            let low = try bound(rune)
            var high = low
            if peek == hyphen, place + 1 < runes.count, runes[place + 1] != UInt32(UInt8(ascii: "]")) {
                place += 1
                guard let end = next() else { throw Self.failure("a '[' has no ']'") }
                high = try bound(end)
            } else if rune == hyphen, !isAtEdge {
                throw Self.failure("a '-' in '[]' has nothing before it")
            }
            guard low <= high else { throw Self.failure("a range in '[]' ends before it begins") }
            result.ranges.append(low...high)
        }
        place += 1
        return result
    }

    private let hyphen = UInt32(UInt8(ascii: "-"))

    /// Whether what was just read is the first or the last in brackets.
    private var isAtEdge: Bool {
        if peek == UInt32(UInt8(ascii: "]")) { return true }
        let before = place >= 2 ? runes[place - 2] : 0
        return before == UInt32(UInt8(ascii: "[")) || before == UInt32(UInt8(ascii: "^"))
    }

    private mutating func bound(_ rune: UInt32) throws -> UInt32 {
        guard rune == UInt32(UInt8(ascii: "\\")) else { return rune }
        guard let letter = next() else { throw Self.failure("it ends with '\\'") }
        return try escaped(letter)
    }

    /// `alpha:]`, its `[:` read; nil if that only looks so.
    private mutating func posixClass() throws -> RegexClass? {
        let start = place
        var name = ""
        while let rune = peek, rune < 0x80, name.utf8.count < 10, rune != UInt32(UInt8(ascii: ":")) {
            name += shown(rune)
            place += 1
        }
        guard accept(":]") else { place = start - 1; return nil }
        guard let result = RegexClass.posix(name) else { throw Self.failure("there is no '[:\(name):]'") }
        return result
    }
}

enum RegexEscapes {
    static func isAlphanumeric(_ rune: UInt32) -> Bool {
        (0x30...0x39).contains(rune) || (0x41...0x5a).contains(rune) || (0x61...0x7a).contains(rune)
    }

    /// With what means something in regular expressions escaped (`regexp.QuoteMeta`).
    static func quoted(_ text: ByteString) -> ByteString {
        var result = ByteString([])
        for byte in text.bytes {
            if "\\.+*?()|[]{}^$".utf8.contains(byte) { result.bytes.append(UInt8(ascii: "\\")) }
            result.bytes.append(byte)
        }
        return result
    }
}
