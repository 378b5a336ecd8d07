/// Looks whether what is only guessed about a run may decide what a text with templates says.
///
/// A guess in the plain place of a value, `{{.Run.ID}}`, decides nothing.
struct GuessSearch {
    private enum Word {
        /// `.Run.ID`
        case field([String])
        case name(String)
        /// `.`, and `$` by itself, with which all can be had.
        case everything
    }

    /// What is known of a run before it begins.
    private static let known: Set<String> = ["Registry", "RegistryName", "OS", "OSVersion", "Architecture", "TaskName"]
    /// Functions that give something else each time, or tell the time.
    private static let changing: Set<String> = [
        "now", "ago", "uuidv4", "htpasswd", "bcrypt", "shuffle", "encryptAES",
    ]

    private let bytes: [UInt8]
    private var place = 0

    static func dependsOnGuesses(_ text: String) -> Bool {
        var search = GuessSearch(bytes: Array(text.utf8))
        while search.skipText() {
            if dependsOnGuesses(search.action()) { return true }
        }
        return false
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private static func dependsOnGuesses(_ action: [Word]) -> Bool {
        if action.count == 1, case .field(let names) = action[0], names.count > 1,
            ["Values", "Run", "Build"].contains(names[0])
        {
            return false
        }
        return action.contains { word in
            switch word {
            case .field(let names):
                guard names.count > 1 else { return true }
                return !(names[0] == "Values" || names[0] == "Run" && names.count == 2 && known.contains(names[1]))
            case .name(let name):
                return changing.contains(name) || name.hasPrefix("rand") && name.count > 4
                    || name.hasPrefix("gen") && name.dropFirst(3).first?.isUppercase == true
            case .everything: return true
            }
        }
    }

    // MARK: Reading

    /// Goes behind the next `{{`.
    private mutating func skipText() -> Bool {
        while place + 1 < bytes.count {
            if bytes[place] == UInt8(ascii: "{"), bytes[place + 1] == UInt8(ascii: "{") {
                place += 2
                return true
            }
            place += 1
        }
        return false
    }

    /// The words up to `}}` that tell of guesses; none of a comment.
    private mutating func action() -> [Word] {
        var words: [Word] = []
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            switch byte {
            case UInt8(ascii: "}") where peek == byte:
                place += 1
                return words
            case UInt8(ascii: "/") where peek == UInt8(ascii: "*"): skipComment()
            case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"): skipQuoted(byte)
            case UInt8(ascii: "."):
                if let peek, Self.isDigit(peek) {
                    _ = name()
                } else {
                    words.append(field())
                }
            case UInt8(ascii: "$"):
                if name().isEmpty, peek != UInt8(ascii: ".") { words.append(.everything) }
            case let byte where Self.isDigit(byte):
                while let peek, Self.isPart(peek) || peek == UInt8(ascii: ".") { place += 1 }
            case let byte where Self.isPart(byte):
                place -= 1
                words.append(.name(name()))
            default: break
            }
        }
        return words
    }

    private var peek: UInt8? { place < bytes.count ? bytes[place] : nil }

    private mutating func skipComment() {
        place += 1
        while place < bytes.count {
            place += 1
            if bytes[place - 1] == UInt8(ascii: "*"), peek == UInt8(ascii: "/") { break }
        }
        place += 1
    }

    private mutating func skipQuoted(_ quote: UInt8) {
        while let byte = peek {
            place += byte == UInt8(ascii: "\\") && quote != UInt8(ascii: "`") ? 2 : 1
            if byte == quote { return }
        }
    }

    /// After its first point.
    private mutating func field() -> Word {
        var names = [name()]
        while peek == UInt8(ascii: ".") {
            place += 1
            names.append(name())
        }
        return names == [""] ? .everything : .field(names)
    }

    private mutating func name() -> String {
        let start = min(place, bytes.count)
        while let peek, Self.isPart(peek) { place += 1 }
        return String(decoding: bytes[start..<max(start, place)], as: UTF8.self)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    /// Of a name: a letter, digit or `_`.
    private static func isPart(_ byte: UInt8) -> Bool {
        isDigit(byte) || (0x61...0x7a).contains(byte | 0x20) || byte == 0x5f || byte >= 0x80
    }
}
