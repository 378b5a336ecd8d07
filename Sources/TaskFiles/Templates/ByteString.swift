import Foundation

/// A text as Go has it: bytes, usually UTF-8. Unlike `String` it is cut, compared and searched byte by byte.
struct ByteString: Hashable, Comparable, Sendable {
    var bytes: [UInt8]

    init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }
    init(_ text: String) { bytes = Array(text.utf8) }

    init(repeating text: ByteString, count: Int) {
        bytes = []
        guard !text.isEmpty, count > 0 else { return }
        bytes.reserveCapacity(text.count * count)
        bytes.append(contentsOf: text.bytes)
        while bytes.count < text.count * count {
            bytes.append(contentsOf: bytes.prefix(text.count * count - bytes.count))
        }
    }

    /// Bytes that are no UTF-8 are replaced.
    var text: String { String(decoding: bytes, as: UTF8.self) }
    var count: Int { bytes.count }
    var isEmpty: Bool { bytes.isEmpty }

    static func < (left: ByteString, right: ByteString) -> Bool {
        let order = left.bytes.withUnsafeBytes { one in
            right.bytes.withUnsafeBytes { two in
                guard let first = one.baseAddress, let second = two.baseAddress else { return CInt(0) }
                return memcmp(first, second, min(one.count, two.count))
            }
        }
        return order != 0 ? order < 0 : left.count < right.count
    }

    static func + (left: ByteString, right: ByteString) -> ByteString { ByteString(left.bytes + right.bytes) }

    mutating func append(_ other: ByteString) { bytes.append(contentsOf: other.bytes) }
    mutating func append(_ other: String) { bytes.append(contentsOf: other.utf8) }

    /// Where a text begins at or after a place; in linear time. The empty text is everywhere.
    func firstIndex(of other: ByteString, from start: Int = 0) -> Int? {
        guard start >= 0, start + other.count <= count else { return nil }
        guard !other.isEmpty else { return start }
        return bytes.withUnsafeBytes { all in
            other.bytes.withUnsafeBytes { sought in
                sought.count <= 8
                    ? Self.scan(all, for: sought, from: start) : Self.search(all, for: sought, from: start)
            }
        }
    }

    /// For a short text: at each occurrence of its first byte.
    private static func scan(_ all: UnsafeRawBufferPointer, for sought: UnsafeRawBufferPointer, from start: Int) -> Int?
    {
        guard let base = all.baseAddress, let wanted = sought.baseAddress else { return nil }
        var place = start
        while place + sought.count <= all.count,
            let found = memchr(base + place, CInt(sought[0]), all.count - sought.count + 1 - place)
        {
            place = UnsafeRawPointer(found) - base
            if memcmp(base + place, wanted, sought.count) == 0 { return place }
            place += 1
        }
        return nil
    }

    /// The method of Knuth, Morris and Pratt: no byte is looked at again.
    private static func search(_ all: UnsafeRawBufferPointer, for sought: UnsafeRawBufferPointer, from start: Int)
        -> Int?
    {
        var borders = [Int](repeating: 0, count: sought.count)
        var length = 0
        for place in 1..<sought.count {
            while length > 0, sought[place] != sought[length] { length = borders[length - 1] }
            if sought[place] == sought[length] { length += 1 }
            borders[place] = length
        }
        length = 0
        for place in start..<all.count {
            while length > 0, all[place] != sought[length] { length = borders[length - 1] }
            if all[place] == sought[length] { length += 1 }
            if length == sought.count { return place + 1 - length }
        }
        return nil
    }

    func contains(_ other: ByteString) -> Bool { firstIndex(of: other) != nil }
    func hasPrefix(_ other: ByteString) -> Bool { bytes.starts(with: other.bytes) }
    func hasSuffix(_ other: ByteString) -> Bool {
        count >= other.count && bytes[(count - other.count)...].elementsEqual(other.bytes)
    }

    /// The parts between each occurrence of a separator, at most so many; each character if that is empty
    /// (`strings.SplitN`).
    func split(_ separator: ByteString, limit: Int = -1) -> [ByteString] {
        if limit == 0 { return [] }
        var parts: [ByteString] = []
        var start = 0
        while limit < 0 || parts.count < limit - 1 {
            var end: Int
            if separator.isEmpty {
                guard start < count else { return parts }
                end = start + rune(at: start).width
                if end == count { break }
            } else {
                guard let found = firstIndex(of: separator, from: start) else { break }
                end = found
            }
            parts.append(ByteString(bytes[start..<end]))
            start = end + separator.count
        }
        if separator.isEmpty && start == count { return parts }
        parts.append(ByteString(bytes[start...]))
        return parts
    }

    func replacing(_ old: ByteString, with new: ByteString) -> ByteString {
        if old.isEmpty {
            // Before each character, and at the end.
            var result = new
            var place = 0
            while place < count {
                let width = rune(at: place).width
                result.bytes.append(contentsOf: bytes[place..<(place + width)])
                result.append(new)
                place += width
            }
            return result
        }
        return split(old).joined(by: new)
    }

    /// Without the ASCII characters at both ends that a rule names.
    func trimmed(_ isTrimmed: (UInt32) -> Bool) -> ByteString {
        var (start, end) = (0, count)
        while start < end {
            let (rune, width) = rune(at: start)
            guard isTrimmed(rune) else { break }
            start += width
        }
        while end > start {
            let (rune, width) = lastRune(before: end, from: start)
            guard isTrimmed(rune) else { break }
            end -= width
        }
        return ByteString(bytes[start..<end])
    }
}

extension ByteString: ExpressibleByStringLiteral {
    init(stringLiteral value: String) { self.init(value) }
}

extension [ByteString] {
    func joined(by separator: ByteString) -> ByteString {
        var result: [UInt8] = []
        for (index, part) in enumerated() {
            if index > 0 { result.append(contentsOf: separator.bytes) }
            result.append(contentsOf: part.bytes)
        }
        return ByteString(result)
    }
}

/// Characters as Go has them: code points. A byte that belongs to none is U+FFFD, of width 1.
extension ByteString {
    static let replacement: UInt32 = 0xfffd

    func rune(at place: Int) -> (rune: UInt32, width: Int) { bytes.rune(at: place) }

    func lastRune(before end: Int, from start: Int = 0) -> (rune: UInt32, width: Int) {
        for width in 1...4 where end - width >= start {
            let found = bytes.rune(at: end - width)
            if found.width == width && (width > 1 || found.rune < 0x80) { return found }
        }
        return (Self.replacement, 1)
    }

    var runes: [UInt32] {
        var result: [UInt32] = []
        result.reserveCapacity(count)
        var place = 0
        while place < count {
            let (rune, width) = rune(at: place)
            result.append(rune)
            place += width
        }
        return result
    }

    init(runes: some Sequence<UInt32>) {
        bytes = []
        for rune in runes { append(rune: rune) }
    }

    mutating func append(rune: UInt32) {
        let rune = Unicode.Scalar(rune) == nil ? Self.replacement : rune
        switch rune {
        case ..<0x80: bytes.append(UInt8(rune))
        case ..<0x800: bytes += [UInt8(0xc0 | rune >> 6), UInt8(0x80 | rune & 0x3f)]
        case ..<0x10000:
            bytes += [UInt8(0xe0 | rune >> 12), UInt8(0x80 | rune >> 6 & 0x3f), UInt8(0x80 | rune & 0x3f)]
        default:
            bytes += [
                UInt8(0xf0 | rune >> 18), UInt8(0x80 | rune >> 12 & 0x3f), UInt8(0x80 | rune >> 6 & 0x3f),
                UInt8(0x80 | rune & 0x3f),
            ]
        }
    }
}

extension [UInt8] {
    fileprivate func rune(at place: Int) -> (rune: UInt32, width: Int) {
        let first = self[place]
        if first < 0x80 { return (UInt32(first), 1) }
        let (length, least): (Int, UInt32)
        switch first {
        case 0xc2...0xdf: (length, least) = (2, 0x80)
        case 0xe0...0xef: (length, least) = (3, 0x800)
        case 0xf0...0xf4: (length, least) = (4, 0x10000)
        default: return (ByteString.replacement, 1)
        }
        guard place + length <= count else { return (ByteString.replacement, 1) }
        var rune = UInt32(first) & (0x7f >> UInt32(length))
        for offset in 1..<length {
            let next = self[place + offset]
            guard next & 0xc0 == 0x80 else { return (ByteString.replacement, 1) }
            rune = rune << 6 | UInt32(next & 0x3f)
        }
        guard rune >= least, Unicode.Scalar(rune) != nil else { return (ByteString.replacement, 1) }
        return (rune, length)
    }
}
