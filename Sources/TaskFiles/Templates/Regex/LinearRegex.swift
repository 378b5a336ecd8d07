/// What Go's package regexp does with an expression.
struct LinearRegex {
    private let program: RegexProgram
    private let pattern: ByteString

    /// - Throws: ``TemplateFailure``, when the pattern is none.
    init(_ pattern: ByteString, _ work: TemplateWork) throws {
        try work.spend(pattern.count * 4)
        self.pattern = pattern
        program = try RegexProgram(pattern)
        try work.spend(program.count * 2)
    }

    func matches(_ text: ByteString, _ work: TemplateWork) throws -> Bool {
        var matcher = RegexMatcher(program, text, groups: false, work)
        return try matcher.match(from: 0) != nil
    }

    /// The first match.
    func find(in text: ByteString, _ work: TemplateWork) throws -> ByteString? {
        var matcher = RegexMatcher(program, text, groups: false, work)
        return try matcher.match(from: 0).map { ByteString(text.bytes[$0[0]..<$0[1]]) }
    }

    /// At most so many matches, all if the number is negative. An empty one right after another doesn't count.
    func findAll(in text: ByteString, limit: Int, _ work: TemplateWork) throws -> [Range<Int>] {
        var matcher = RegexMatcher(program, text, groups: false, work)
        var found: [Range<Int>] = []
        var (place, lastEnd) = (0, -1)
        while limit < 0 || found.count < limit, place <= text.count, let match = try matcher.match(from: place) {
            let isRepeated = match[1] == place && match[0] == lastEnd
            if match[1] == place {
                place += place < text.count ? text.rune(at: place).width : 1
            } else {
                place = match[1]
            }
            lastEnd = match[1]
            if !isRepeated { found.append(match[0]..<match[1]) }
        }
        return found
    }

    /// With each match replaced; in the replacement, unless it is literal, `$1` and `${name}` stand for groups.
    func replacing(
        in text: ByteString, with replacement: ByteString, isLiteral: Bool, _ work: TemplateWork
    ) throws -> ByteString {
        let parts = isLiteral ? [Part.text(replacement)] : self.parts(of: replacement)
        var matcher = RegexMatcher(program, text, groups: !isLiteral && parts.contains(where: \.isGroup), work)
        var result = ByteString([])
        var (place, lastEnd) = (0, 0)
        while place <= text.count, let match = try matcher.match(from: place) {
            result.bytes += text.bytes[lastEnd..<match[0]]
            if match[1] > lastEnd || match[0] == 0 {
                for part in parts { append(part, match, of: text, to: &result) }
            }
            lastEnd = match[1]
            let width = place < text.count ? text.rune(at: place).width : 1
            place = max(place + width, match[1])
            try work.spend(bytes: result.count, times: result.count > 1 << 20 ? 1 : 0)
        }
        result.bytes += text.bytes[min(lastEnd, text.count)...]
        return result
    }

    /// The parts between matches, at most so many; all if the number is negative.
    func split(_ text: ByteString, limit: Int, _ work: TemplateWork) throws -> [ByteString] {
        if limit == 0 { return [] }
        if !pattern.isEmpty, text.isEmpty { return [""] }
        var parts: [ByteString] = []
        var (begin, end) = (0, 0)
        for match in try findAll(in: text, limit: limit, work) {
            if limit > 0, parts.count == limit - 1 { break }
            end = match.lowerBound
            if match.upperBound != 0 { parts.append(ByteString(text.bytes[begin..<end])) }
            begin = match.upperBound
        }
        if end != text.count { parts.append(ByteString(text.bytes[begin...])) }
        return parts
    }

    // MARK: Replacements

    private enum Part {
        case text(ByteString)
        case groups([Int])

        var isGroup: Bool {
            if case .groups = self { true } else { false }
        }
    }

    private func append(_ part: Part, _ match: [Int], of text: ByteString, to result: inout ByteString) {
        switch part {
        case .text(let text): result.append(text)
        case .groups(let indexes):
            for index in indexes where 2 * index + 1 < match.count && match[2 * index] >= 0 {
                result.bytes += text.bytes[match[2 * index]..<match[2 * index + 1]]
                break
            }
        }
    }

    private func parts(of template: ByteString) -> [Part] {
        var parts: [Part] = []
        var literal = ByteString([])
        var rest = template.bytes[...]
        let dollar = UInt8(ascii: "$")
        while let byte = rest.popFirst() {
            guard byte == dollar else { literal.bytes.append(byte); continue }
            if rest.first == dollar {
                rest = rest.dropFirst()
                literal.bytes.append(dollar)
            } else if let name = Self.name(&rest) {
                parts.append(.text(literal))
                literal = ByteString([])
                parts.append(.groups(groups(named: name)))
            } else {
                literal.bytes.append(dollar)
            }
        }
        return parts + [.text(literal)]
    }

    /// `name` or `{name}` after `$`.
    private static func name(_ rest: inout ArraySlice<UInt8>) -> String? {
        let isBraced = rest.first == UInt8(ascii: "{")
        let inner = isBraced ? rest.dropFirst() : rest
        var length = 0
        let text = ByteString(inner.prefix(300))
        while length < text.count {
            let (rune, width) = text.rune(at: length)
            guard rune == 0x5f || Runes.isLetter(rune) || Runes.isDigit(rune) else { break }
            length += width
        }
        let after = inner.dropFirst(length)
        guard length > 0, !isBraced || after.first == UInt8(ascii: "}") else { return nil }
        rest = isBraced ? after.dropFirst() : after
        return String(decoding: text.bytes[..<length], as: UTF8.self)
    }

    private func groups(named name: String) -> [Int] {
        if name.utf8.allSatisfy({ (0x30...0x39).contains($0) }), name == "0" || !name.hasPrefix("0"),
            name.utf8.count <= 8
        {
            return Int(name).map { [$0] } ?? []
        }
        return program.names.indices.filter { program.names[$0] == name }.map { $0 + 1 }
    }
}
