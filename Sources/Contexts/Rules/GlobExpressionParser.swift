/// What an expression is made of.
indirect enum GlobNode {
    case empty
    case scalar(UInt32)
    case set(ScalarSet)
    case assertion(GlobExpression.Assertion)
    case sequence([GlobNode])
    case alternatives([GlobNode])
    /// Nil for no upper bound.
    case repeated(GlobNode, Int, Int?)
}

/// Reads the part of RE2's syntax that the translation of a rule can hold: no groups but the one for `**`, whose
/// parentheses stand for nothing in a rule.
struct GlobExpressionParser {
    private static let maxRepeat = 1000

    private var rest: ArraySlice<Unicode.Scalar>
    private(set) var hasAlternatives = false

    init(_ expression: [Unicode.Scalar]) {
        rest = expression[...]
    }

    mutating func parse() throws(IgnoreRule.Invalid) -> GlobNode {
        try alternatives(inGroup: false)
    }

    private mutating func alternatives(inGroup: Bool) throws(IgnoreRule.Invalid) -> GlobNode {
        var branches = [try sequence(inGroup: inGroup)]
        while rest.first == "|" {
            rest = rest.dropFirst()
            hasAlternatives = true
            branches.append(try sequence(inGroup: inGroup))
        }
        return branches.count == 1 ? branches[0] : .alternatives(branches)
    }

    private mutating func sequence(inGroup: Bool) throws(IgnoreRule.Invalid) -> GlobNode {
        var nodes: [GlobNode] = []
        var wasRepeated = false
        while let next = rest.first, next != "|", !(inGroup && next == ")") {
            if let (low, high) = try takeRepeat() {
                guard !wasRepeated, let last = nodes.popLast() else {
                    throw IgnoreRule.Invalid(reason: "a repetition has nothing before it that can be repeated")
                }
                nodes.append(.repeated(last, low, high))
                wasRepeated = true
            } else {
                nodes.append(try atom())
                wasRepeated = false
            }
        }
        return .sequence(nodes)
    }

    /// Takes `*`, `?` or `{n,m}`; a `{` that begins no repetition stands for itself.
    private mutating func takeRepeat() throws(IgnoreRule.Invalid) -> (Int, Int?)? {
        switch rest.first {
        case "*":
            rest = rest.dropFirst()
            return (0, nil)
        case "?":
            rest = rest.dropFirst()
            return (0, 1)
        case "{":
            var ahead = rest.dropFirst()
            guard let low = Self.takeNumber(&ahead) else { return nil }
            var high: Int? = low
            if ahead.first == "," {
                ahead = ahead.dropFirst()
                if ahead.first == "}" {
                    high = nil
                } else {
                    guard let number = Self.takeNumber(&ahead) else { return nil }
                    high = number
                }
            }
            guard ahead.first == "}" else { return nil }
            guard low <= Self.maxRepeat, high ?? low <= Self.maxRepeat, high ?? low >= low else {
                throw IgnoreRule.Invalid(
                    reason: "a repetition in braces is larger than \(Self.maxRepeat) or runs backwards")
            }
            rest = ahead.dropFirst()
            return (low, high)
        default:
            return nil
        }
    }

    private static func takeNumber(_ rest: inout ArraySlice<Unicode.Scalar>) -> Int? {
        let digits = rest.prefix { ("0"..."9").contains($0) }
        guard let first = digits.first, digits.count == 1 || first != "0" else { return nil }
        rest = rest.dropFirst(digits.count)
        return digits.count > 8 ? Int(Int32.max) : digits.reduce(0) { $0 * 10 + Int($1.value - 0x30) }
    }

    private mutating func atom() throws(IgnoreRule.Invalid) -> GlobNode {
        guard let first = rest.popFirst() else { return .empty }
        switch first {
        case "(":
            let inner = try alternatives(inGroup: true)
            rest = rest.dropFirst()
            return inner
        case "[": return .set(try set())
        case ".": return .set(.notNewline)
        case "^": return .assertion(.start)
        case "$": return .assertion(.end)
        case "\\": return try escape()
        default: return .scalar(first.value)
        }
    }

    // MARK: After a backslash

    private mutating func escape() throws(IgnoreRule.Invalid) -> GlobNode {
        switch rest.first {
        case "A": return take(.assertion(.start))
        case "z": return take(.assertion(.end))
        case "b": return take(.assertion(.wordBoundary))
        case "B": return take(.assertion(.noWordBoundary))
        case "Q":
            rest = rest.dropFirst()
            var nodes: [GlobNode] = []
            while let scalar = rest.popFirst() {
                if scalar == "\\", rest.first == "E" {
                    rest = rest.dropFirst()
                    break
                }
                nodes.append(.scalar(scalar.value))
            }
            return .sequence(nodes)
        default:
            var set = ScalarSet()
            if try takeSetEscape(into: &set) { return .set(set) }
            return .scalar(try escapedScalar())
        }
    }

    private mutating func take(_ node: GlobNode) -> GlobNode {
        rest = rest.dropFirst()
        return node
    }

    /// Takes `d`, `D`, `s`, `S`, `w`, `W`, `pX`, `p{Xx}` and their like after a backslash.
    private mutating func takeSetEscape(into set: inout ScalarSet) throws(IgnoreRule.Invalid) -> Bool {
        guard let first = rest.first else { return false }
        let isNegated = ("A"..."Z").contains(first)
        switch first {
        case "d", "D": set.add(.digit, negated: isNegated)
        case "s", "S": set.add(.space, negated: isNegated)
        case "w", "W": set.add(.word, negated: isNegated)
        case "p", "P":
            try takeCategory(into: &set, isNegated: isNegated)
            return true
        default: return false
        }
        rest = rest.dropFirst()
        return true
    }

    private mutating func takeCategory(into set: inout ScalarSet, isNegated: Bool) throws(IgnoreRule.Invalid) {
        rest = rest.dropFirst()
        var name = ""
        if rest.first == "{" {
            let inner = rest.dropFirst().prefix { $0 != "}" }
            name.unicodeScalars.append(contentsOf: inner)
            rest = rest.dropFirst(inner.count + 2)
        } else if let letter = rest.popFirst() {
            name.unicodeScalars.append(letter)
        }
        let isOpposite = name.hasPrefix("^")
        guard set.add(category: isOpposite ? String(name.dropFirst()) : name, negated: isNegated != isOpposite) else {
            throw IgnoreRule.Invalid(reason: "'\\p{\(name)}' is no set of characters that is known here")
        }
    }

    private mutating func escapedScalar() throws(IgnoreRule.Invalid) -> UInt32 {
        guard let first = rest.popFirst() else { throw IgnoreRule.Invalid(reason: "it ends with a single backslash") }
        switch first {
        case "a": return 7
        case "f": return 12
        case "n": return 10
        case "r": return 13
        case "t": return 9
        case "v": return 11
        case "x": if let value = takeHexadecimal() { return value }
        case "0"..."7":
            // One digit alone, but for 0, would be a reference to a group.
            let more = rest.prefix(2).prefix { ("0"..."7").contains($0) }
            guard first == "0" || !more.isEmpty else { break }
            rest = rest.dropFirst(more.count)
            return more.reduce(first.value - 0x30) { $0 * 8 + $1.value - 0x30 }
        default:
            let isLetter = ("a"..."z").contains(first) || ("A"..."Z").contains(first) || ("8"..."9").contains(first)
            if first.isASCII, !isLetter { return first.value }
        }
        throw IgnoreRule.Invalid(reason: "'\\\(first)' means nothing; a backslash stands before punctuation")
    }

    private mutating func takeHexadecimal() -> UInt32? {
        let isBraced = rest.first == "{"
        let digits = isBraced ? rest.dropFirst().prefix { $0 != "}" } : rest.prefix(2)
        guard !digits.isEmpty, digits.count <= 8, isBraced || digits.count == 2 else { return nil }
        var value: UInt32 = 0
        for digit in digits {
            guard let byte = UInt8(exactly: digit.value), let part = hexValue(byte) else { return nil }
            value = value << 4 | UInt32(part)
        }
        rest = rest.dropFirst(digits.count + (isBraced ? 2 : 0))
        return value <= 0x10ffff ? value : nil
    }

    // MARK: Between brackets

    private mutating func set() throws(IgnoreRule.Invalid) -> ScalarSet {
        var result = ScalarSet()
        if rest.first == "^" {
            rest = rest.dropFirst()
            result.isNegated = true
        }
        var isFirst = true
        while isFirst || rest.first != "]" {
            guard let next = rest.first else { throw IgnoreRule.Invalid(reason: "a set of characters has no end") }
            isFirst = false
            if next == "[", rest.dropFirst().first == ":", try takeNamed(into: &result) { continue }
            if next == "\\" {
                let start = rest
                rest = rest.dropFirst()
                if try takeSetEscape(into: &result) { continue }
                rest = start
            }
            let low = try member()
            var high = low
            if rest.first == "-", let after = rest.dropFirst().first, after != "]" {
                rest = rest.dropFirst()
                high = try member()
                guard low <= high else { throw IgnoreRule.Invalid(reason: "a range of characters runs backwards") }
            }
            result.add(low...high)
        }
        rest = rest.dropFirst()
        return result
    }

    private mutating func member() throws(IgnoreRule.Invalid) -> UInt32 {
        guard let next = rest.popFirst() else { throw IgnoreRule.Invalid(reason: "a set of characters has no end") }
        return next == "\\" ? try escapedScalar() : next.value
    }

    /// Takes `[:name:]`.
    private mutating func takeNamed(into set: inout ScalarSet) throws(IgnoreRule.Invalid) -> Bool {
        let inner = rest.dropFirst(2)
        guard let end = inner.indices.first(where: { inner[$0] == ":" && inner[$0...].dropFirst().first == "]" }) else {
            return false
        }
        var name = ""
        name.unicodeScalars.append(contentsOf: inner[..<end])
        let isNegated = name.hasPrefix("^")
        guard let named = ScalarSet.named[isNegated ? String(name.dropFirst()) : name] else {
            throw IgnoreRule.Invalid(reason: "[:\(name):] is no named set of characters")
        }
        set.add(named, negated: isNegated)
        rest = inner[end...].dropFirst(2)
        return true
    }
}
