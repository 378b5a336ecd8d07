public import TaskModel

/// The part of OData's `$filter` that selects runs.
///
/// Fields, in any case: RunId, RunType, Status, CreateTime, FinishTime, IsArchiveEnabled, TaskName, AgentPoolName, and
/// OutputImageManifests in `contains(OutputImageManifests, 'text')`. Operators: `eq ne`, for ids and times also
/// `gt ge lt le`; `and`; `or` between conditions on Status or on RunType; parentheses. Texts stand between single
/// quotes, a quote in one is doubled.
public enum ODataFilter {
    public static let maxBytes = 2048
    public static let maxTerms = 20

    /// Reads a filter; an empty text means all runs.
    ///
    /// - Throws: ``InvalidRequest`` with code `InvalidFilter` that names the part which can't be read.
    public static func parse(_ text: String) throws(InvalidRequest) -> RunFilter {
        guard text.utf8.count <= maxBytes else { throw invalid("it has more than \(maxBytes) bytes") }
        var parser = FilterParser(tokens: try FilterLexer.tokens(of: text))
        return try parser.filter()
    }

    static func invalid(_ reason: String) -> InvalidRequest {
        InvalidRequest(code: "InvalidFilter", message: "The filter can't be read: \(reason).", target: "$filter")
    }
}

/// Conditions that must all hold, those on status and type as sets so that `or` can join them.
private struct Conjunction {
    var statuses: Set<RunStatus>?
    var types: Set<RunType>?
    var others: [RunFilter.Condition] = []

    func and(_ other: Conjunction) -> Conjunction {
        Conjunction(
            statuses: join(statuses, other.statuses) { $0.intersection($1) },
            types: join(types, other.types) { $0.intersection($1) },
            others: others + other.others)
    }

    /// Nil unless both sides are about the same one of status and type, and nothing else.
    func or(_ other: Conjunction) -> Conjunction? {
        guard others.isEmpty, other.others.isEmpty else { return nil }
        if let statuses, let more = other.statuses, types == nil, other.types == nil {
            return Conjunction(statuses: statuses.union(more))
        }
        if let types, let more = other.types, statuses == nil, other.statuses == nil {
            return Conjunction(types: types.union(more))
        }
        return nil
    }

    private func join<Value>(_ one: Set<Value>?, _ two: Set<Value>?, _ both: (Set<Value>, Set<Value>) -> Set<Value>)
        -> Set<Value>?
    {
        if let one, let two { return both(one, two) }
        return one ?? two
    }

    var conditions: [RunFilter.Condition] {
        var result: [RunFilter.Condition] = []
        if let statuses { result.append(.status(statuses)) }
        if let types {
            if let only = types.first, types.count == 1 {
                result.append(.type(.equal, only))
            } else {
                result += RunType.allCases.filter { !types.contains($0) }.map { .type(.notEqual, $0) }
            }
        }
        return result + others
    }
}

private struct FilterParser {
    var tokens: [FilterLexer.Token]
    private var position = 0
    private var terms = 0
    private var depth = 0

    init(tokens: [FilterLexer.Token]) {
        self.tokens = tokens
    }

    mutating func filter() throws(InvalidRequest) -> RunFilter {
        guard !tokens.isEmpty else { return RunFilter() }
        let result = try disjunction()
        if let extra = next() { throw ODataFilter.invalid("'and' or 'or' is missing before \(extra)") }
        return RunFilter(result.conditions)
    }

    private mutating func disjunction() throws(InvalidRequest) -> Conjunction {
        var result = try conjunction()
        while takeWord("or") {
            guard let joined = result.or(try conjunction()) else {
                throw ODataFilter.invalid("'or' may only join conditions on Status, or conditions on RunType")
            }
            result = joined
        }
        return result
    }

    private mutating func conjunction() throws(InvalidRequest) -> Conjunction {
        var result = try primary()
        while takeWord("and") { result = result.and(try primary()) }
        return result
    }

    private mutating func primary() throws(InvalidRequest) -> Conjunction {
        guard peek() == .open else { return try term() }
        depth += 1
        guard depth <= ODataFilter.maxTerms else { throw ODataFilter.invalid("its parentheses are nested too deep") }
        position += 1
        let result = try disjunction()
        try expect(.close)
        depth -= 1
        return result
    }

    private mutating func term() throws(InvalidRequest) -> Conjunction {
        terms += 1
        guard terms <= ODataFilter.maxTerms else {
            throw ODataFilter.invalid("it has more than \(ODataFilter.maxTerms) conditions")
        }
        let first = next()
        guard case .word(let field)? = first else {
            let place = first.map { "before \($0)" } ?? "at its end"
            throw ODataFilter.invalid("a condition such as Status eq 'Running' is missing \(place)")
        }
        if field.lowercased() == "contains", peek() == .open { return try contains() }
        guard case .word(let word)? = next(), let comparison = RunFilter.Comparison(rawValue: word.lowercased()) else {
            throw ODataFilter.invalid("after '\(field)' one of eq, ne, gt, ge, lt, le must follow")
        }
        return try condition(on: field, comparison)
    }

    private mutating func contains() throws(InvalidRequest) -> Conjunction {
        try expect(.open)
        guard case .word(let field)? = next(), field.lowercased() == "outputimagemanifests" else {
            throw ODataFilter.invalid("contains() is for OutputImageManifests only")
        }
        try expect(.comma)
        guard case .text(let text)? = next(), !text.isEmpty else {
            throw ODataFilter.invalid("contains(OutputImageManifests, …) needs a text in single quotes")
        }
        try expect(.close)
        return Conjunction(others: [.outputImage(text)])
    }

    private mutating func condition(on field: String, _ comparison: RunFilter.Comparison) throws(InvalidRequest)
        -> Conjunction
    {
        switch field.lowercased() {
        case "status":
            let text = try value(of: field)
            guard let status = RunStatus(anyCase: text) else {
                throw ODataFilter.invalid(
                    "'\(text)' is no Status: use \(RunStatus.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            return Conjunction(statuses: try set(field, comparison, status))
        case "runtype":
            let text = try value(of: field)
            guard let type = RunType.allCases.first(where: { $0.rawValue.lowercased() == text.lowercased() }) else {
                throw ODataFilter.invalid(
                    "'\(text)' is no RunType: use \(RunType.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            return Conjunction(types: try set(field, comparison, type))
        case "runid":
            let text = try value(of: field)
            guard let id = RunID(text.lowercased()) else { throw ODataFilter.invalid("'\(text)' is no RunId") }
            return Conjunction(others: [.runID(comparison, id)])
        case "taskname":
            return Conjunction(others: [.task(try equality(field, comparison), try value(of: field))])
        case "agentpoolname":
            return Conjunction(others: [.agentPool(try equality(field, comparison), try value(of: field))])
        case "isarchiveenabled":
            let isEqual = try equality(field, comparison) == .equal
            switch try value(of: field).lowercased() {
            case "true": return Conjunction(others: [.archived(isEqual)])
            case "false": return Conjunction(others: [.archived(!isEqual)])
            default: throw ODataFilter.invalid("\(field) is compared with true or false")
            }
        case "createtime":
            return Conjunction(others: [.createTime(comparison, try time(of: field).date)])
        case "finishtime":
            return Conjunction(others: [.finishTime(comparison, try time(of: field).date)])
        case "outputimagemanifests":
            throw ODataFilter.invalid("write contains(OutputImageManifests, 'repository@sha256:…')")
        default:
            throw ODataFilter.invalid(
                "'\(field)' is no field: use RunId, RunType, Status, CreateTime, FinishTime, OutputImageManifests, IsArchiveEnabled, "
                    + "TaskName or AgentPoolName")
        }
    }

    private func set<Value: Hashable & CaseIterable>(
        _ field: String, _ comparison: RunFilter.Comparison, _ value: Value
    ) throws(InvalidRequest) -> Set<Value> {
        try equality(field, comparison) == .equal ? [value] : Set(Value.allCases).subtracting([value])
    }

    private func equality(_ field: String, _ comparison: RunFilter.Comparison) throws(InvalidRequest)
        -> RunFilter.Comparison
    {
        guard comparison == .equal || comparison == .notEqual else {
            throw ODataFilter.invalid("\(field) is compared with eq or ne only")
        }
        return comparison
    }

    /// A text, or a bare word: `true`, a time.
    private mutating func value(of field: String) throws(InvalidRequest) -> String {
        switch next() {
        case .text(let text)?, .word(let text)?: return text
        default: throw ODataFilter.invalid("the value for '\(field)' is missing")
        }
    }

    private mutating func time(of field: String) throws(InvalidRequest) -> Timestamp {
        var text = try value(of: field)
        // OData 2 wrote datetime'2026-01-01T00:00:00Z'.
        if ["datetime", "datetimeoffset"].contains(text.lowercased()), case .text(let inner)? = peek() {
            position += 1
            text = inner
        }
        guard let time = Timestamp(text) else {
            throw ODataFilter.invalid("'\(text)' is no time: write it as 2026-01-31T09:30:00Z")
        }
        return time
    }

    private func peek() -> FilterLexer.Token? { position < tokens.count ? tokens[position] : nil }

    private mutating func next() -> FilterLexer.Token? {
        defer { position += 1 }
        return peek()
    }

    private mutating func takeWord(_ text: String) -> Bool {
        guard case .word(let word)? = peek(), word.lowercased() == text else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ token: FilterLexer.Token) throws(InvalidRequest) {
        let found = next()
        guard found == token else {
            throw ODataFilter.invalid("\(token) is missing" + (found.map { " before \($0)" } ?? " at its end"))
        }
    }
}

private enum FilterLexer {
    enum Token: Equatable, CustomStringConvertible {
        case word(String)
        case text(String)
        case open
        case close
        case comma

        var description: String {
            switch self {
            case .word(let word): "'\(word)'"
            case .text(let text): "the text '\(text.escapedForDisplay)'"
            case .open: "'('"
            case .close: "')'"
            case .comma: "','"
            }
        }
    }

    static func tokens(of text: String) throws(InvalidRequest) -> [Token] {
        var tokens: [Token] = []
        var rest = Substring(text).unicodeScalars
        while let first = rest.first {
            switch first {
            case " ", "\t": rest.removeFirst()
            case "(", ")", ",":
                rest.removeFirst()
                tokens.append(first == "(" ? .open : first == ")" ? .close : .comma)
            case "'": tokens.append(.text(try quoted(&rest)))
            default:
                let word = rest.prefix { isWord($0) }
                guard !word.isEmpty else {
                    throw ODataFilter.invalid("the character '\(String(first).escapedForDisplay)' has no place there")
                }
                tokens.append(.word(String(word)))
                rest.removeFirst(word.count)
            }
        }
        return tokens
    }

    /// Takes a text with its quotes; two quotes inside are one.
    private static func quoted(_ rest: inout Substring.UnicodeScalarView) throws(InvalidRequest) -> String {
        var result = String.UnicodeScalarView()
        rest.removeFirst()
        while let next = rest.popFirst() {
            guard next == "'" else {
                guard next.value >= 0x20, next.value != 0x7f else {
                    throw ODataFilter.invalid("a text holds a control character")
                }
                result.append(next)
                continue
            }
            guard rest.first == "'" else { return String(result) }
            rest.removeFirst()
            result.append("'")
        }
        throw ODataFilter.invalid("the text '\(String(result).escapedForDisplay)' has no closing quote")
    }

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_", "-", ".", ":", "+": true
        default: false
        }
    }
}
