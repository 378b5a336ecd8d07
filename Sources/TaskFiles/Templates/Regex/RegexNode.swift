/// A regular expression as read, in the syntax of RE2 (Go's package regexp/syntax).
indirect enum RegexNode {
    case empty
    case runes(RegexClass)
    case assertion(RegexAssertion)
    /// In parentheses; without an index it isn't captured.
    case group(RegexNode, index: Int?)
    case sequence([RegexNode])
    case alternatives([RegexNode])
    case repetition(RegexNode, least: Int, most: Int?, isGreedy: Bool)

    /// Whether it can match without a character.
    var canBeEmpty: Bool {
        switch self {
        case .empty, .assertion: true
        case .runes: false
        case .group(let node, _): node.canBeEmpty
        case .sequence(let nodes): nodes.allSatisfy(\.canBeEmpty)
        case .alternatives(let nodes): nodes.contains(where: \.canBeEmpty)
        case .repetition(let node, let least, _, _): least == 0 || node.canBeEmpty
        }
    }
}

enum RegexAssertion {
    case lineStart, lineEnd, textStart, textEnd, wordBoundary, noWordBoundary
}

/// A set of characters.
struct RegexClass {
    var ranges: [ClosedRange<UInt32>] = []
    /// Kinds of characters of Unicode, each with whether it is left out.
    var categories: [(kinds: Set<Unicode.GeneralCategory>, isNegated: Bool)] = []
    /// What isn't in it matches.
    var isNegated = false
    /// Upper and lower case are the same.
    var ignoresCase = false

    static func single(_ rune: UInt32, ignoresCase: Bool) -> RegexClass {
        RegexClass(ranges: [rune...rune], ignoresCase: ignoresCase)
    }

    func contains(_ rune: UInt32) -> Bool {
        if holds(rune) { return !isNegated }
        guard ignoresCase else { return isNegated }
        let (lower, upper) = (Runes.lower(rune), Runes.upper(rune))
        let folded = Runes.lower(upper)
        let isOther =
            holds(lower) || holds(upper) || holds(folded) || holds(Runes.upper(lower))
            || ranges.contains { $0.count == 1 && Runes.lower(Runes.upper($0.lowerBound)) == folded }
        return isOther != isNegated
    }

    private func holds(_ rune: UInt32) -> Bool {
        for range in ranges where range.lowerBound <= rune && rune <= range.upperBound { return true }
        guard !categories.isEmpty, let kind = Runes.category(rune) else { return false }
        return categories.contains { $0.kinds.contains(kind) != $0.isNegated }
    }

    mutating func add(_ other: RegexClass) {
        ranges += other.isNegated ? Self.complement(other.ranges) : other.ranges
        categories += other.categories.map { ($0.kinds, $0.isNegated != other.isNegated) }
    }

    /// Everything outside of some ranges.
    static func complement(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
        var result: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if range.lowerBound > next { result.append(next...(range.lowerBound - 1)) }
            next = max(next, range.upperBound + 1)
        }
        if next <= 0x10ffff { result.append(next...0x10ffff) }
        return result
    }
}

/// Sets of characters that have names.
extension RegexClass {
    /// `\d` and its like, by the letter.
    static func perl(_ letter: UInt8) -> RegexClass? {
        var result: RegexClass
        switch letter | 0x20 {
        case UInt8(ascii: "d"): result = RegexClass(ranges: [0x30...0x39])
        case UInt8(ascii: "s"): result = RegexClass(ranges: [0x09...0x0a, 0x0c...0x0d, 0x20...0x20])
        case UInt8(ascii: "w"): result = RegexClass(ranges: [0x30...0x39, 0x41...0x5a, 0x5f...0x5f, 0x61...0x7a])
        default: return nil
        }
        result.isNegated = letter & 0x20 == 0
        return result
    }

    /// `alpha` of `[[:alpha:]]`.
    static func posix(_ name: String) -> RegexClass? {
        let isNegated = name.hasPrefix("^")
        let ranges: [ClosedRange<UInt32>]
        switch isNegated ? String(name.dropFirst()) : name {
        case "alnum": ranges = [0x30...0x39, 0x41...0x5a, 0x61...0x7a]
        case "alpha": ranges = [0x41...0x5a, 0x61...0x7a]
        case "ascii": ranges = [0...0x7f]
        case "blank": ranges = [0x09...0x09, 0x20...0x20]
        case "cntrl": ranges = [0...0x1f, 0x7f...0x7f]
        case "digit": ranges = [0x30...0x39]
        case "graph": ranges = [0x21...0x7e]
        case "lower": ranges = [0x61...0x7a]
        case "print": ranges = [0x20...0x7e]
        case "punct": ranges = [0x21...0x2f, 0x3a...0x40, 0x5b...0x60, 0x7b...0x7e]
        case "space": ranges = [0x09...0x0d, 0x20...0x20]
        case "upper": ranges = [0x41...0x5a]
        case "word": ranges = [0x30...0x39, 0x41...0x5a, 0x5f...0x5f, 0x61...0x7a]
        case "xdigit": ranges = [0x30...0x39, 0x41...0x46, 0x61...0x66]
        default: return nil
        }
        return RegexClass(ranges: ranges, isNegated: isNegated)
    }

    /// `Lu` of `\p{Lu}`: general categories, and `Any`. Scripts are not known.
    static func unicode(_ name: String) -> RegexClass? {
        if name == "Any" { return RegexClass(ranges: [0...0x10ffff]) }
        let kinds = categories.filter { $0.key.hasPrefix(name) }
        guard !kinds.isEmpty, (1...2).contains(name.count) else { return nil }
        return RegexClass(categories: [(Set(kinds.values), false)])
    }

    private static let categories: [String: Unicode.GeneralCategory] = [
        "Lu": .uppercaseLetter, "Ll": .lowercaseLetter, "Lt": .titlecaseLetter, "Lm": .modifierLetter,
        "Lo": .otherLetter, "Mn": .nonspacingMark, "Mc": .spacingMark, "Me": .enclosingMark, "Nd": .decimalNumber,
        "Nl": .letterNumber, "No": .otherNumber, "Pc": .connectorPunctuation, "Pd": .dashPunctuation,
        "Ps": .openPunctuation, "Pe": .closePunctuation, "Pi": .initialPunctuation, "Pf": .finalPunctuation,
        "Po": .otherPunctuation, "Sm": .mathSymbol, "Sc": .currencySymbol, "Sk": .modifierSymbol, "So": .otherSymbol,
        "Zs": .spaceSeparator, "Zl": .lineSeparator, "Zp": .paragraphSeparator, "Cc": .control, "Cf": .format,
        "Cs": .surrogate, "Co": .privateUse,
    ]
}
