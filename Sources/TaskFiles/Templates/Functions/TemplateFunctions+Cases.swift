/// Capitals, and names in the ways of programming languages.
extension TemplateFunctions {
    mutating func addCases() {
        add("upper", takes: 1) { call in .string(try call.string(0).mapRunes(Runes.upper)) }
        add("lower", takes: 1) { call in .string(try call.string(0).mapRunes(Runes.lower)) }
        add("title", takes: 1) { call in
            var isStart = true
            return .string(
                try call.string(0).mapRunes { rune in
                    defer { isStart = Self.isSeparator(rune) }
                    return isStart ? Runes.title(rune) : rune
                })
        }
        add("untitle", takes: 1) { call in
            var isStart = true
            return .string(
                try call.string(0).mapRunes { rune in
                    if Runes.isSpace(rune) { isStart = true; return rune }
                    defer { isStart = false }
                    return isStart ? Runes.lower(rune) : rune
                })
        }
        add("swapcase", takes: 1) { call in
            var isStart = true
            return .string(
                try call.string(0).mapRunes { rune in
                    if Runes.isUpper(rune) || Runes.category(rune) == .titlecaseLetter {
                        isStart = false
                        return Runes.lower(rune)
                    }
                    guard Runes.isLower(rune) else { isStart = Runes.isSpace(rune); return rune }
                    defer { isStart = false }
                    return isStart ? Runes.title(rune) : Runes.upper(rune)
                })
        }
        add("initials", takes: 1) { call in
            var isStart = true
            return .string(
                ByteString(
                    runes: try call.string(0).runes.filter { rune in
                        if Runes.isSpace(rune) { isStart = true; return false }
                        defer { isStart = false }
                        return isStart
                    }))
        }
        add("camelcase", takes: 1) { call in
            try call.work.spend(try call.string(0).count * 4)
            return .string(ByteString(runes: NameCase.camel(try call.string(0).runes)))
        }
        add("snakecase", takes: 1) { call in
            try call.work.spend(try call.string(0).count * 4)
            return .string(NameCase.lower(try call.string(0), connector: 0x5f))
        }
        add("kebabcase", takes: 1) { call in
            try call.work.spend(try call.string(0).count * 4)
            return .string(NameCase.lower(try call.string(0), connector: 0x2d))
        }
    }

    /// Whether a word ends there, for `title`.
    private static func isSeparator(_ rune: UInt32) -> Bool {
        if rune < 0x80 { return !RegexEscapes.isAlphanumeric(rune) && rune != 0x5f }
        return !Runes.isLetter(rune) && !Runes.isDigit(rune) && Runes.isSpace(rune)
    }
}
