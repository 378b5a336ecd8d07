/// Takes a template apart into words, as Go's text/template/parse does.
struct TemplateLexer {
    static let keywords: Set<String> = [
        "if", "else", "end", "range", "with", "define", "template", "block", "break", "continue",
    ]

    let text: ByteString
    private var place = 0
    private var isInAction = false
    private var actionStart = 0
    private var parentheses = 0
    /// White space after `-}}`.
    private var trimsNext = false

    init(_ text: ByteString) { self.text = text }

    /// The next word; again and again ``TemplateToken/Kind/end`` at the end.
    ///
    /// - Throws: ``TemplateFailure`` of the kind `syntax`.
    mutating func next() throws -> TemplateToken {
        isInAction ? try inside() : try outside()
    }

    // MARK: Outside of actions

    private mutating func outside() throws -> TemplateToken {
        while true {
            if trimsNext { skipSpaces() }
            trimsNext = false
            let start = place
            guard let open = text.firstIndex(of: "{{", from: place) else {
                place = text.count
                return TemplateToken(kind: start < place ? .text : .end, range: start..<place)
            }
            let trims = peek(at: open + 2) == hyphen && isSpace(peek(at: open + 3))
            var end = open
            if trims { while end > start, isSpace(peek(at: end - 1)) { end -= 1 } }
            if end > start {
                place = open
                return TemplateToken(kind: .text, range: start..<end)
            }
            place = open + (trims ? 4 : 2)
            if text.bytes[place...].starts(with: "/*".utf8) {
                try skipComment(at: open)
                continue
            }
            isInAction = true
            actionStart = open
            parentheses = 0
            return TemplateToken(kind: .leftDelimiter, range: open..<place)
        }
    }

    private mutating func skipComment(at open: Int) throws {
        guard let end = text.firstIndex(of: "*/", from: place + 2) else {
            throw failure(at: open, "a comment has no '*/'")
        }
        place = end + 2
        guard let closing = rightDelimiter else {
            throw failure(at: open, "a comment has something between '*/' and '}}'")
        }
        place += closing.length
        trimsNext = closing.trims
    }

    // MARK: In actions

    private mutating func inside() throws -> TemplateToken {
        let start = place
        if let closing = rightDelimiter {
            guard parentheses == 0 else { throw failure(at: start, "a '(' has no ')'") }
            place += closing.length
            isInAction = false
            trimsNext = closing.trims
            return token(.rightDelimiter, from: start)
        }
        guard let byte = peek(at: place) else { throw failure(at: actionStart, "a '{{' has no '}}' after it") }
        if isSpace(byte) {
            // The last one may belong to ` -}}`.
            while isSpace(peek(at: place)), rightDelimiter == nil { place += 1 }
            return token(.space, from: start)
        }
        place += 1
        switch byte {
        case UInt8(ascii: "="): return token(.assign, from: start)
        case UInt8(ascii: ":"):
            guard peek(at: place) == UInt8(ascii: "=") else { throw failure(at: start, "a ':' has no '=' after it") }
            place += 1
            return token(.declare, from: start)
        case UInt8(ascii: "|"): return token(.pipe, from: start)
        case UInt8(ascii: ","): return token(.comma, from: start)
        case UInt8(ascii: "\""): return try quoted(.string, byte, from: start)
        case UInt8(ascii: "'"): return try quoted(.characterConstant, byte, from: start)
        case UInt8(ascii: "`"):
            guard let end = text.firstIndex(of: "`", from: place) else {
                throw failure(at: start, "a text after '`' does not end")
            }
            place = end + 1
            return token(.rawString, from: start)
        case UInt8(ascii: "$"): return try name(.variable, from: start)
        case UInt8(ascii: "("):
            parentheses += 1
            return token(.leftParenthesis, from: start)
        case UInt8(ascii: ")"):
            parentheses -= 1
            guard parentheses >= 0 else { throw failure(at: start, "a ')' has no '('") }
            return token(.rightParenthesis, from: start)
        case UInt8(ascii: ".") where !isDigit(peek(at: place)): return try name(.field, from: start)
        case UInt8(ascii: "."), hyphen, UInt8(ascii: "+"), 0x30...0x39:
            place -= 1
            return try number(from: start)
        default:
            place -= 1
            return try word(from: start)
        }
    }

    private mutating func quoted(_ kind: TemplateToken.Kind, _ quote: UInt8, from start: Int) throws -> TemplateToken {
        while let byte = peek(at: place), byte != UInt8(ascii: "\n") {
            place += 1
            if byte == quote { return token(kind, from: start) }
            if byte == UInt8(ascii: "\\") {
                guard let next = peek(at: place), next != UInt8(ascii: "\n") else { break }
                place += 1
            }
        }
        throw failure(at: start, "a text in quotes does not end in its line")
    }

    /// What follows `.` or `$`.
    private mutating func name(_ kind: TemplateToken.Kind, from start: Int) throws -> TemplateToken {
        skipAlphanumerics()
        try checkEnd(of: start)
        if place == start + 1, kind == .field { return token(.dot, from: start) }
        return token(kind, from: start)
    }

    private mutating func word(from start: Int) throws -> TemplateToken {
        skipAlphanumerics()
        guard place > start else {
            let (rune, width) = text.rune(at: start)
            guard (0x21...0x7e).contains(rune) else {
                throw failure(at: start, "an action can't have a character such as U+\(String(rune, radix: 16))")
            }
            place += width
            return token(.character, from: start)
        }
        try checkEnd(of: start)
        switch String(decoding: text.bytes[start..<place], as: UTF8.self) {
        case "true", "false": return token(.bool, from: start)
        case "nil": return token(.null, from: start)
        case let word: return token(Self.keywords.contains(word) ? .keyword : .identifier, from: start)
        }
    }

    private mutating func number(from start: Int) throws -> TemplateToken {
        accept("+-")
        var digits = "0123456789_"
        var exponent = "eE"
        if accept("0") {
            if accept("xX") {
                (digits, exponent) = ("0123456789abcdefABCDEF_", "pP")
            } else if accept("oO") {
                (digits, exponent) = ("01234567_", "")
            } else if accept("bB") {
                (digits, exponent) = ("01_", "")
            }
        }
        while accept(digits) {}
        if accept(".") { while accept(digits) {} }
        if accept(exponent) {
            accept("+-")
            while accept("0123456789_") {}
        }
        guard place < text.count else { return token(.number, from: start) }
        let next = text.rune(at: place).rune
        guard !isAlphanumeric(next), next != 0x2b, next != 0x2d else {
            skipAlphanumerics()
            let shown = String(decoding: text.bytes[start..<min(place + 1, text.count)].prefix(50), as: UTF8.self)
            throw failure(at: start, "'\(shown)' is no number")
        }
        return token(.number, from: start)
    }

    // MARK: Characters

    private let hyphen = UInt8(ascii: "-")

    private func peek(at place: Int) -> UInt8? { text.bytes.indices.contains(place) ? text.bytes[place] : nil }
    private func isSpace(_ byte: UInt8?) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d || byte == 0x0a }
    private func isDigit(_ byte: UInt8?) -> Bool { byte.map { (0x30...0x39).contains($0) } ?? false }
    private func isAlphanumeric(_ rune: UInt32) -> Bool {
        rune == 0x5f || Runes.isLetter(rune) || Runes.isDigit(rune)
    }

    private func token(_ kind: TemplateToken.Kind, from start: Int) -> TemplateToken {
        TemplateToken(kind: kind, range: start..<place)
    }

    private func failure(at offset: Int, _ reason: String) -> TemplateFailure {
        TemplateFailure(.syntax, at: offset, reason)
    }

    private mutating func skipSpaces() { while isSpace(peek(at: place)) { place += 1 } }

    private mutating func skipAlphanumerics() {
        while place < text.count {
            let (rune, width) = text.rune(at: place)
            guard isAlphanumeric(rune) else { return }
            place += width
        }
    }

    @discardableResult private mutating func accept(_ set: String) -> Bool {
        guard let byte = peek(at: place), set.utf8.contains(byte) else { return false }
        place += 1
        return true
    }

    /// `}}` or ` -}}` at the place, how long it is and whether it trims.
    private var rightDelimiter: (length: Int, trims: Bool)? {
        let rest = text.bytes[min(place, text.count)...]
        if rest.starts(with: "}}".utf8) { return (2, false) }
        if isSpace(rest.first), rest.dropFirst().starts(with: "-}}".utf8) { return (4, true) }
        return nil
    }

    /// A name must end where something else can begin.
    private func checkEnd(of start: Int) throws {
        guard let byte = peek(at: place) else { return }
        guard isSpace(byte) || ".,|:)(".utf8.contains(byte) || rightDelimiter != nil else {
            let name = String(decoding: text.bytes[start..<place].prefix(50), as: UTF8.self)
            let rune = text.rune(at: place).rune
            let next = Unicode.Scalar(rune).map { String(Character($0)) } ?? ""
            throw failure(at: start, "'\(name)' has '\(next)' right after it")
        }
    }
}
