/// One value of a YAML document, with anchors, merge keys and doubled keys resolved.
struct YAMLNode: Sendable {
    enum Content: Sendable {
        /// `isPlain` without quotes and not as a block; `tag` as written, nil without one.
        case scalar(String, isPlain: Bool, tag: String?)
        case list([YAMLNode])
        /// In the order of the file, each key once.
        case map([(key: String, value: YAMLNode)])
    }

    let content: Content
    let place: TextPlace
    /// How many nodes this is, itself and what aliases stand for included.
    let size: Int

    init(_ content: Content, at place: TextPlace) {
        self.content = content
        self.place = place
        size =
            switch content {
            case .scalar: 1
            case .list(let items): items.reduce(1) { $0 + $1.size }
            case .map(let entries): entries.reduce(1) { $0 + 1 + $1.value.size }
            }
    }

    /// What the value is for a reader that does not know what to expect.
    var kind: String {
        switch content {
        case .list: "a list"
        case .map: "a map"
        case .scalar:
            switch scalar {
            case .null: "nothing"
            case .bool: "true or false"
            case .int, .unsigned, .double: "a number"
            case .string, nil: "text"
            }
        }
    }

    /// The value of a scalar as YAML 1.1 has it; nil for lists and maps.
    var scalar: YAMLScalar? {
        guard case .scalar(let text, let isPlain, let tag) = content else { return nil }
        return YAMLScalar(text, isPlain: isPlain, tag: tag)
    }

    var isNull: Bool { scalar == .null }
}

/// A scalar by the rules of YAML 1.1, as far as Go's yaml.v2 has them, which ACR Tasks reads task files with.
enum YAMLScalar: Sendable, Hashable {
    case null
    case bool(Bool)
    case int(Int)
    /// More than an `Int` can be.
    case unsigned(UInt)
    case double(Double)
    case string(String)

    init(_ text: String, isPlain: Bool, tag: String?) {
        switch tag {
        case nil: self = isPlain ? Self.resolve(text) : .string(text)
        case "tag:yaml.org,2002:int", "tag:yaml.org,2002:float", "tag:yaml.org,2002:bool", "tag:yaml.org,2002:null":
            self = Self.resolve(text)
        default: self = .string(text)
        }
    }

    private static let words: [String: YAMLScalar] = {
        var words: [String: YAMLScalar] = ["": .null, "~": .null]
        func add(_ texts: [String], _ value: YAMLScalar) {
            for text in texts {
                let capitalized = text.prefix(1).uppercased() + text.dropFirst()
                for form in [text, capitalized, text.uppercased()] { words[form] = value }
            }
        }
        add(["null"], .null)
        add(["y", "yes", "true", "on"], .bool(true))
        add(["n", "no", "false", "off"], .bool(false))
        add([".inf", "+.inf"], .double(.infinity))
        add(["-.inf"], .double(-.infinity))
        for text in [".nan", ".NaN", ".NAN"] { words[text] = .double(.nan) }
        return words
    }()

    private static func resolve(_ text: String) -> YAMLScalar {
        if let word = words[text] { return word }
        guard let first = text.utf8.first, (0x30...0x39).contains(first) || "+-.".utf8.contains(first) else {
            return .string(text)
        }
        let plain = String(decoding: text.utf8.filter { $0 != 0x5f }, as: UTF8.self)
        if let number = integer(plain, as: Int.self) { return .int(number) }
        if let number = integer(plain, as: UInt.self) { return .unsigned(number) }
        if isDecimal(plain), let number = Double(plain.hasSuffix(".") ? plain + "0" : plain) { return .double(number) }
        return .string(text)
    }

    /// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
    private static func isDecimal(_ text: String) -> Bool {
        var rest = text.utf8[...]
        func skipSign() {
            if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        }
        func skipDigits() -> Bool {
            let after = rest.drop { (0x30...0x39).contains($0) }
            defer { rest = after }
            return after.startIndex != rest.startIndex
        }
        skipSign()
        let isWhole = skipDigits()
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            guard skipDigits() || isWhole else { return false }
        } else if !isWhole {
            return false
        }
        if rest.first.map({ $0 | 0x20 }) == UInt8(ascii: "e") {
            rest = rest.dropFirst()
            skipSign()
            guard skipDigits() else { return false }
        }
        return rest.isEmpty
    }

    /// Decimal, `0x` hexadecimal, `0b` binary, `0` or `0o` octal.
    private static func integer<Number: FixedWidthInteger>(_ text: String, as type: Number.Type) -> Number? {
        let sign = text.first.flatMap { "+-".contains($0) ? String($0) : nil } ?? ""
        let digits = text.dropFirst(sign.count)
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x7a).contains($0 | 0x20) }) else {
            return nil
        }
        let lower = digits.lowercased()
        for (prefix, radix) in [("0x", 16), ("0b", 2), ("0o", 8)] where lower.hasPrefix(prefix) {
            return Number(sign + lower.dropFirst(2), radix: radix)
        }
        return lower.count > 1 && lower.hasPrefix("0") ? Number(sign + lower, radix: 8) : Number(sign + lower)
    }
}
