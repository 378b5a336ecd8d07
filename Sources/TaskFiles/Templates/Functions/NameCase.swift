/// `some_name`, `some-name` and `SomeName`, as the library xstrings 1.3 makes them.
enum NameCase {
    private enum Kind {
        case none, number, upper, letters, connector, punctuation, other
    }

    private struct Word {
        var kind: Kind
        var runes: ArraySlice<UInt32>
    }

    static func camel(_ runes: [UInt32]) -> [UInt32] {
        // Of connectors alone the last is doubled.
        guard let start = runes.firstIndex(where: { !isConnector($0) }) else { return runes + runes.suffix(1) }
        var result = Array(runes[..<start])
        var current = Runes.upper(runes[start])
        for rune in runes[(start + 1)...] {
            let last = current
            current = rune
            if isConnector(current), isConnector(last) {
                result.append(last)
            } else if isConnector(last) {
                current = Runes.upper(current)
            } else {
                current = Runes.lower(current)
                result.append(last)
            }
        }
        return result + [current]
    }

    static func lower(_ text: ByteString, connector: UInt32) -> ByteString {
        var result: [UInt32] = []
        var rest = text.runes.filter { $0 != ByteString.replacement }[...]
        var word = next(&rest)
        func write(_ word: Word, as kind: Kind? = nil) {
            let kind = kind ?? word.kind
            guard kind == .upper || kind == .connector else { result += word.runes; return }
            result += word.runes.map { isConnector($0) ? connector : Runes.isUpper($0) ? Runes.lower($0) : $0 }
        }
        while !rest.isEmpty {
            if word.kind != .connector { write(word) }
            let last = word
            word = next(&rest)
            switch last.kind {
            case .number:
                while word.kind == .letters || word.kind == .number {
                    write(word)
                    word = next(&rest)
                }
                if ![.none, .punctuation, .connector].contains(word.kind) { result.append(connector) }
            case .connector: write(last)
            case .punctuation: break
            default:
                guard word.kind == .number else {
                    if word.kind != .connector, word.kind != .punctuation { result.append(connector) }
                    break
                }
                guard !rest.isEmpty else { break }
                let number = word
                word = next(&rest)
                // A number is part of the word before it, unless small letters follow.
                guard word.kind == .letters else {
                    write(number, as: .number)
                    if word.kind != .connector, word.kind != .punctuation { result.append(connector) }
                    break
                }
                result.append(connector)
                write(number, as: .number)
                while word.kind == .letters || word.kind == .number {
                    write(word)
                    word = next(&rest)
                }
                if ![.none, .connector, .punctuation].contains(word.kind) { result.append(connector) }
            }
        }
        write(word)
        return ByteString(runes: result)
    }

    private static func next(_ rest: inout ArraySlice<UInt32>) -> Word {
        guard let first = rest.first else { return Word(kind: .none, runes: []) }
        func take(_ kind: Kind, _ belongs: (UInt32) -> Bool) -> Word {
            let runes = rest.first.map { _ in rest.prefix(1) + rest.dropFirst().prefix(while: belongs) } ?? []
            return Word(kind: kind, runes: ArraySlice(runes))
        }
        let word: Word
        switch first {
        case _ where isConnector(first): word = take(.connector, isConnector)
        case _ where Runes.isPunctuation(first): word = take(.punctuation, Runes.isPunctuation)
        case _ where Runes.isUpper(first): word = upper(rest)
        case _ where isLetter(first): word = take(.letters) { isLetter($0) && !Runes.isUpper($0) }
        case _ where Runes.isNumber(first): word = take(.number, Runes.isNumber)
        default:
            word = take(.other) {
                !isConnector($0) && !isLetter($0) && !Runes.isNumber($0) && !Runes.isPunctuation($0)
            }
        }
        rest = rest.dropFirst(word.runes.count)
        return word
    }

    /// `HTTPServer` is `HTTP` and `Server`.
    private static func upper(_ rest: ArraySlice<UInt32>) -> Word {
        let capitals = rest.prefix(while: Runes.isUpper)
        let after = rest.dropFirst(capitals.count).first
        if capitals.count > 1 {
            let isName = after.map(isLetter) ?? false
            return Word(kind: .upper, runes: isName ? capitals.dropLast() : capitals)
        }
        let small = rest.dropFirst().prefix { isLetter($0) && !Runes.isUpper($0) }
        return Word(kind: .upper, runes: rest.prefix(1 + small.count))
    }

    private static func isConnector(_ rune: UInt32) -> Bool { rune == 0x2d || rune == 0x5f || Runes.isSpace(rune) }

    /// Letters, other than those that are words by themselves.
    private static func isLetter(_ rune: UInt32) -> Bool {
        switch rune {
        case 0x4e00...0x9fcc, 0x3400...0x4d85, 0x20000...0x2b81d: false
        default: Runes.isLetter(rune)
        }
    }
}
