/// A set of code points.
struct ScalarSet: Sendable {
    private(set) var ranges: [ClosedRange<UInt32>] = []
    var isNegated = false
    /// A Unicode general category by its one- or two-letter name, beside the ranges.
    private(set) var categories: [(name: String, isNegated: Bool)] = []

    init(_ ranges: ClosedRange<UInt32>...) {
        self.ranges = ranges
    }

    static let notNewline: ScalarSet = {
        var set = ScalarSet(0x0a...0x0a)
        set.isNegated = true
        return set
    }()
    static let digit = ScalarSet(0x30...0x39)
    static let space = ScalarSet(0x09...0x0a, 0x0c...0x0d, 0x20...0x20)
    static let word = ScalarSet(0x30...0x39, 0x41...0x5a, 0x5f...0x5f, 0x61...0x7a)

    /// The named sets of POSIX, in ASCII.
    static let named: [String: ScalarSet] = [
        "alnum": ScalarSet(0x30...0x39, 0x41...0x5a, 0x61...0x7a), "alpha": ScalarSet(0x41...0x5a, 0x61...0x7a),
        "ascii": ScalarSet(0...0x7f),
        "blank": ScalarSet(0x09...0x09, 0x20...0x20), "cntrl": ScalarSet(0...0x1f, 0x7f...0x7f), "digit": digit,
        "graph": ScalarSet(0x21...0x7e),
        "lower": ScalarSet(0x61...0x7a), "print": ScalarSet(0x20...0x7e),
        "punct": ScalarSet(0x21...0x2f, 0x3a...0x40, 0x5b...0x60, 0x7b...0x7e),
        "space": ScalarSet(0x09...0x0d, 0x20...0x20),
        "upper": ScalarSet(0x41...0x5a), "word": word, "xdigit": ScalarSet(0x30...0x39, 0x41...0x46, 0x61...0x66),
    ]

    mutating func add(_ range: ClosedRange<UInt32>) {
        ranges.append(range)
    }

    mutating func add(_ other: ScalarSet, negated: Bool) {
        guard negated else {
            ranges += other.ranges
            return
        }
        var start: UInt32 = 0
        for range in other.ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if range.lowerBound > start { ranges.append(start...(range.lowerBound - 1)) }
            start = max(start, range.upperBound + 1)
        }
        if start <= 0x10ffff { ranges.append(start...0x10ffff) }
    }

    /// - Returns: false if there is no such category.
    mutating func add(category name: String, negated: Bool) -> Bool {
        guard Self.categoryNames.contains(name) else { return false }
        categories.append((name, negated))
        return true
    }

    func contains(_ scalar: UInt32) -> Bool {
        for range in ranges where range.contains(scalar) { return !isNegated }
        if !categories.isEmpty, let value = Unicode.Scalar(scalar) {
            let category = Self.name(of: value.properties.generalCategory)
            for (name, isOpposite) in categories where category.hasPrefix(name) != isOpposite { return !isNegated }
        }
        return isNegated
    }

    private static let categoryNames: Set<String> = [
        "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Ps", "Pe",
        "Pi", "Pf", "Po", "S",
        "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp", "C", "Cc", "Cf", "Co", "Cs",
    ]

    private static func name(of category: Unicode.GeneralCategory) -> String {
        switch category {
        case .uppercaseLetter: "Lu"
        case .lowercaseLetter: "Ll"
        case .titlecaseLetter: "Lt"
        case .modifierLetter: "Lm"
        case .otherLetter: "Lo"
        case .nonspacingMark: "Mn"
        case .spacingMark: "Mc"
        case .enclosingMark: "Me"
        case .decimalNumber: "Nd"
        case .letterNumber: "Nl"
        case .otherNumber: "No"
        case .connectorPunctuation: "Pc"
        case .dashPunctuation: "Pd"
        case .openPunctuation: "Ps"
        case .closePunctuation: "Pe"
        case .initialPunctuation: "Pi"
        case .finalPunctuation: "Pf"
        case .otherPunctuation: "Po"
        case .mathSymbol: "Sm"
        case .currencySymbol: "Sc"
        case .modifierSymbol: "Sk"
        case .otherSymbol: "So"
        case .spaceSeparator: "Zs"
        case .lineSeparator: "Zl"
        case .paragraphSeparator: "Zp"
        case .control: "Cc"
        case .format: "Cf"
        case .surrogate: "Cs"
        case .privateUse: "Co"
        default: ""
        }
    }
}
