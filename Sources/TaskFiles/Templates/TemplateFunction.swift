/// A function that templates can call.
struct TemplateFunction: Sendable {
    enum Body: Sendable {
        case plain(@Sendable (TemplateCall) throws -> GoValue)
        /// They look at no more of their arguments than they need.
        case and, or
    }

    let name: String
    let least: Int
    /// Nil without limit.
    let most: Int?
    let body: Body
}

/// All functions: Go's own and those of Sprig.
///
/// The texts of errors are clauses: `'repeat' has a negative count`.
struct TemplateFunctions {
    static let table: [String: TemplateFunction] = {
        var functions = TemplateFunctions()
        functions.addGo()
        functions.addStrings()
        functions.addCases()
        functions.addLists()
        functions.addDictionaries()
        functions.addDefaults()
        functions.addNumbers()
        functions.addDates()
        functions.addEncodings()
        functions.addRandom()
        functions.addRegexes()
        functions.addVersions()
        functions.addPaths()
        return functions.all
    }()

    /// What Go or Sprig have and we don't. `env`, `expandenv` and `getHostByName` tell of the agent: there are no such
    /// functions here.
    static let refused: Set<String> = [
        "call",
        "genPrivateKey", "derivePassword", "buildCustomCert", "genCA", "genCAWithKey", "genSelfSignedCert",
        "genSelfSignedCertWithKey", "genSignedCert", "genSignedCertWithKey", "encryptAES", "decryptAES", "htpasswd",
        "bcrypt", "urlParse", "urlJoin", "add1f", "addf", "subf", "mulf", "divf",
    ]

    private var all: [String: TemplateFunction] = [:]

    mutating func add(_ names: String..., takes count: Int, body: @escaping @Sendable (TemplateCall) throws -> GoValue)
    {
        for name in names {
            all[name] = TemplateFunction(name: name, least: count, most: count, body: .plain(body))
        }
    }

    mutating func add(
        _ names: String..., takes counts: PartialRangeFrom<Int>,
        body: @escaping @Sendable (TemplateCall) throws -> GoValue
    ) {
        for name in names {
            all[name] = TemplateFunction(name: name, least: counts.lowerBound, most: nil, body: .plain(body))
        }
    }

    mutating func add(
        _ names: String..., takes counts: ClosedRange<Int>,
        body: @escaping @Sendable (TemplateCall) throws -> GoValue
    ) {
        for name in names {
            all[name] = TemplateFunction(
                name: name, least: counts.lowerBound, most: counts.upperBound, body: .plain(body))
        }
    }

    mutating func addLazy(_ name: String, _ body: TemplateFunction.Body) {
        all[name] = TemplateFunction(name: name, least: 1, most: nil, body: body)
    }
}

/// A call of a function, with its arguments read as the types that it takes.
struct TemplateCall {
    let name: String
    let arguments: [GoValue]
    let work: TemplateWork

    var count: Int { arguments.count }

    func failure(_ reason: String) -> TemplateFailure { TemplateFailure(.evaluation, "'\(name)' \(reason)") }

    private func wrong(_ index: Int, _ wanted: String) -> TemplateFailure {
        let value = arguments[index]
        let got = value.isNull ? "something that does not exist" : "a \(value.typeName)"
        return failure("takes \(wanted) as argument \(index + 1), not \(got)")
    }

    func string(_ index: Int) throws -> ByteString {
        guard case .string(let text) = arguments[index] else { throw wrong(index, "a text") }
        return text
    }

    /// Any value as text (Sprig's `strval`).
    func text(_ index: Int) throws -> ByteString { try GoPrinter.printed(arguments[index], work) }

    func int(_ index: Int) throws -> Int {
        switch arguments[index] {
        case .int(let value, _): return value
        case .double(let value):
            guard let whole = Int(exactly: value) else { throw wrong(index, "a whole number") }
            return whole
        default: throw wrong(index, "a whole number")
        }
    }

    func double(_ index: Int) throws -> Double {
        switch arguments[index] {
        case .int, .double: return GoNumber.double(from: arguments[index])
        default: throw wrong(index, "a number")
        }
    }

    func bool(_ index: Int) throws -> Bool {
        guard case .bool(let value) = arguments[index] else { throw wrong(index, "true or false") }
        return value
    }

    func list(_ index: Int) throws -> [GoValue] {
        guard case .list(let items, _, _) = arguments[index] else { throw wrong(index, "a list") }
        return items
    }

    func map(_ index: Int) throws -> GoMap {
        guard case .map(let map) = arguments[index] else { throw wrong(index, "a map") }
        return map
    }

    func time(_ index: Int) throws -> GoTime {
        guard case .time(let time) = arguments[index] else { throw wrong(index, "a time") }
        return time
    }

    /// A value as the texts of a list (Sprig's `strslice`): what is no list is the only one.
    func texts(_ index: Int) throws -> [ByteString] {
        switch arguments[index] {
        case .list(let items, _, _):
            try items.filter { !$0.isNull }.map { item in try GoPrinter.printed(item, work) }
        case .null: []
        default: [try text(index)]
        }
    }

    /// A list whose items are counted.
    func made(_ items: [GoValue], _ type: GoListType = .any) throws -> GoValue {
        try work.spend(items.count)
        return .list(items, type)
    }

    /// A text whose size is counted.
    func made(_ text: ByteString) throws -> GoValue {
        try work.spend(bytes: text.count)
        return .string(text)
    }
}
