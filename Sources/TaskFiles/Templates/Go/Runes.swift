/// Kinds and cases of characters, as Go's package unicode has them.
enum Runes {
    static func isSpace(_ rune: UInt32) -> Bool {
        switch rune {
        case 0x09...0x0d, 0x20, 0x85, 0xa0, 0x1680, 0x2000...0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000: true
        default: false
        }
    }

    static func isLetter(_ rune: UInt32) -> Bool {
        if rune < 0x80 { return (0x61...0x7a).contains(rune | 0x20) }
        switch category(rune) {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return true
        default: return false
        }
    }

    static func isDigit(_ rune: UInt32) -> Bool {
        rune < 0x80 ? (0x30...0x39).contains(rune) : category(rune) == .decimalNumber
    }

    static func isNumber(_ rune: UInt32) -> Bool {
        if rune < 0x80 { return (0x30...0x39).contains(rune) }
        switch category(rune) {
        case .decimalNumber, .letterNumber, .otherNumber: return true
        default: return false
        }
    }

    static func isPunctuation(_ rune: UInt32) -> Bool {
        switch category(rune) {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
            .finalPunctuation, .otherPunctuation:
            true
        default: false
        }
    }

    static func isUpper(_ rune: UInt32) -> Bool {
        rune < 0x80 ? (0x41...0x5a).contains(rune) : category(rune) == .uppercaseLetter
    }

    static func isLower(_ rune: UInt32) -> Bool {
        rune < 0x80 ? (0x61...0x7a).contains(rune) : category(rune) == .lowercaseLetter
    }

    /// Whether `%q` shows it as it is.
    static func isPrintable(_ rune: UInt32) -> Bool {
        if rune < 0x80 { return rune >= 0x20 && rune < 0x7f }
        switch category(rune) {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator, nil:
            return false
        default: return true
        }
    }

    static func upper(_ rune: UInt32) -> UInt32 {
        if rune < 0x80 { return (0x61...0x7a).contains(rune) ? rune - 0x20 : rune }
        return Unicode.Scalar(rune).flatMap { single($0.properties.uppercaseMapping) } ?? rune
    }

    static func lower(_ rune: UInt32) -> UInt32 {
        if rune < 0x80 { return (0x41...0x5a).contains(rune) ? rune + 0x20 : rune }
        // Its full form has two code points.
        if rune == 0x130 { return 0x69 }
        return Unicode.Scalar(rune).flatMap { single($0.properties.lowercaseMapping) } ?? rune
    }

    static func title(_ rune: UInt32) -> UInt32 {
        if rune < 0x80 { return upper(rune) }
        return Unicode.Scalar(rune).flatMap { single($0.properties.titlecaseMapping) } ?? rune
    }

    static func category(_ rune: UInt32) -> Unicode.GeneralCategory? {
        Unicode.Scalar(rune)?.properties.generalCategory
    }

    private static func single(_ text: String) -> UInt32? {
        text.unicodeScalars.count == 1 ? text.unicodeScalars.first?.value : nil
    }
}

extension ByteString {
    func mapRunes(_ change: (UInt32) -> UInt32) -> ByteString {
        var result = ByteString([])
        result.bytes.reserveCapacity(count)
        var place = 0
        while place < count {
            let (rune, width) = rune(at: place)
            result.append(rune: change(rune))
            place += width
        }
        return result
    }
}
