/// Reads a date that is written as a layout says (`time.Parse`).
struct GoTimeParser {
    private var rest: ArraySlice<UInt8>
    private var year = 0
    private var month: Int?
    private var day: Int?
    private var dayOfYear: Int?
    private var hour = 0
    private var minute = 0
    private var second = 0
    private var nanoseconds = 0
    private var isAfternoon: Bool?
    private var isUTC = false
    private var offset: Int?
    private var zoneName: String?

    /// - Returns: nil if the text is otherwise, or there is no such date.
    static func parse(_ text: ByteString, _ layout: GoTimeLayout) -> GoTime? {
        var parser = GoTimeParser(rest: text.bytes[...])
        for (index, element) in layout.elements.enumerated() {
            let next = index + 1 < layout.elements.count ? layout.elements[index + 1] : nil
            guard parser.read(element, before: next) else { return nil }
        }
        return parser.rest.isEmpty ? parser.time : nil
    }

    private init(rest: ArraySlice<UInt8>) { self.rest = rest }

    private mutating func read(_ element: GoTimeLayout.Element, before next: GoTimeLayout.Element?) -> Bool {
        switch element {
        case .literal(let text): return skip(text)
        case .longMonth: month = word(GoTimeParts.months).map { $0 + 1 }; return month != nil
        case .month: month = word(GoTimeParts.months.map { String($0.prefix(3)) }).map { $0 + 1 }; return month != nil
        case .numberMonth, .zeroMonth:
            month = number(fixed: element == .zeroMonth)
            return month.map { (1...12).contains($0) } ?? false
        case .longWeekday: return word(GoTimeParts.weekdays) != nil
        case .weekday: return word(GoTimeParts.weekdays.map { String($0.prefix(3)) }) != nil
        case .day, .underDay, .zeroDay:
            if element == .underDay, rest.first == 0x20 { rest = rest.dropFirst() }
            day = number(fixed: element == .zeroDay)
            return day != nil
        case .underYearDay, .zeroYearDay:
            if element == .underYearDay { for _ in 0..<2 where rest.first == 0x20 { rest = rest.dropFirst() } }
            dayOfYear = digits(element == .zeroYearDay ? 3...3 : 1...3)
            return dayOfYear != nil
        case .hour: return set(\.hour, number(fixed: false), 0...23)
        case .hour12, .zeroHour12: return set(\.hour, number(fixed: element == .zeroHour12), 0...12)
        case .minute, .zeroMinute: return set(\.minute, number(fixed: element == .zeroMinute), 0...59)
        case .second, .zeroSecond:
            guard set(\.second, number(fixed: element == .zeroSecond), 0...59) else { return false }
            // A fraction may be there without being asked for.
            if case .fraction = next { return true }
            return isFraction ? fraction(digits: nil) : true
        case .longYear: return set(\.year, digits(4...4), 0...9999)
        case .year:
            guard let short = digits(2...2) else { return false }
            year = short + (short >= 69 ? 1900 : 2000)
            return true
        case .upperPM, .lowerPM:
            guard let index = exact(element == .upperPM ? ["AM", "PM"] : ["am", "pm"]) else { return false }
            isAfternoon = index == 1
            return true
        case .zoneName: return readZoneName()
        case .zone(let isISO, let hasColons, let minutes, let seconds):
            if isISO, rest.first == UInt8(ascii: "Z"), !seconds {
                rest = rest.dropFirst()
                isUTC = true
                return true
            }
            return readOffset(hasColons, minutes, seconds)
        case .fraction(_, let digits, let isTrimmed):
            if isTrimmed { return isFraction ? fraction(digits: nil) : true }
            return fraction(digits: digits)
        }
    }

    private mutating func set(_ path: WritableKeyPath<GoTimeParser, Int>, _ value: Int?, _ range: ClosedRange<Int>)
        -> Bool
    {
        guard let value, range.contains(value) else { return false }
        self[keyPath: path] = value
        return true
    }

    /// Blanks of the layout stand for any number of them.
    private mutating func skip(_ literal: ByteString) -> Bool {
        var prefix = literal.bytes[...]
        while let byte = prefix.first {
            if byte == 0x20 {
                if let first = rest.first, first != 0x20 { return false }
                prefix = prefix.drop { $0 == 0x20 }
                rest = rest.drop { $0 == 0x20 }
                continue
            }
            guard rest.first == byte else { return false }
            prefix = prefix.dropFirst()
            rest = rest.dropFirst()
        }
        return true
    }

    private mutating func exact(_ words: [String]) -> Int? {
        guard let index = words.firstIndex(where: { rest.starts(with: $0.utf8) }) else { return nil }
        rest = rest.dropFirst(words[index].utf8.count)
        return index
    }

    private mutating func word(_ words: [String]) -> Int? {
        let index = words.firstIndex { word in
            rest.count >= word.utf8.count && zip(rest, word.utf8).allSatisfy { $0 | 0x20 == $1 | 0x20 }
        }
        guard let index else { return nil }
        rest = rest.dropFirst(words[index].utf8.count)
        return index
    }

    private mutating func number(fixed: Bool) -> Int? { digits(fixed ? 2...2 : 1...2) }

    private mutating func digits(_ counts: ClosedRange<Int>) -> Int? {
        let found = rest.prefix(counts.upperBound).prefix { (0x30...0x39).contains($0) }
        guard found.count >= counts.lowerBound else { return nil }
        rest = rest.dropFirst(found.count)
        return found.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    private var isFraction: Bool {
        guard let first = rest.first, first == UInt8(ascii: ".") || first == UInt8(ascii: ",") else { return false }
        return rest.dropFirst().first.map { (0x30...0x39).contains($0) } ?? false
    }

    private mutating func fraction(digits count: Int?) -> Bool {
        guard let first = rest.first, first == UInt8(ascii: ".") || first == UInt8(ascii: ",") else { return false }
        rest = rest.dropFirst()
        let found = rest.prefix { (0x30...0x39).contains($0) }.prefix(count ?? 1000)
        guard !found.isEmpty, count == nil || found.count == count else { return false }
        rest = rest.dropFirst(found.count)
        nanoseconds = 0
        for index in 0..<9 {
            let digit = index < found.count ? Int(found[found.startIndex + index] - 0x30) : 0
            nanoseconds = nanoseconds * 10 + digit
        }
        return true
    }

    private mutating func readOffset(_ hasColons: Bool, _ minutes: Bool, _ seconds: Bool) -> Bool {
        guard let sign = rest.popFirst(), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"),
            let hour = digits(2...2)
        else { return false }
        var size = hour * 3600
        for (isAsked, unit) in [(minutes, 60), (seconds, 1)] where isAsked {
            if hasColons { guard rest.popFirst() == UInt8(ascii: ":") else { return false } }
            guard let number = digits(2...2) else { return false }
            size += number * unit
        }
        offset = sign == UInt8(ascii: "-") ? -size : size
        return true
    }

    /// Three or four capitals (`CEST`), or `GMT` with hours.
    private mutating func readZoneName() -> Bool {
        if rest.starts(with: "UTC".utf8) {
            rest = rest.dropFirst(3)
            isUTC = true
            return true
        }
        let letters = rest.prefix(5).prefix { (0x41...0x5a).contains($0) }
        guard letters.count == 3 || letters.count == 4 else { return false }
        rest = rest.dropFirst(letters.count)
        zoneName = String(decoding: letters, as: UTF8.self)
        return true
    }

    private var time: GoTime? {
        var (month, day) = (month, day)
        if let dayOfYear {
            guard dayOfYear >= 1, dayOfYear <= (GoTimeParts.isLeap(year) ? 366 : 365) else { return nil }
            let date = GoTimeParts(seconds: (GoTimeParts.days(year, 1, 1) + dayOfYear - 1) * 86_400)
            guard month == nil || month == date.month, day == nil || day == date.day else { return nil }
            (month, day) = (date.month, date.day)
        }
        let (wholeMonth, wholeDay) = (month ?? 1, day ?? 1)
        guard (1...GoTimeParts.days(in: wholeMonth, of: year)).contains(wholeDay) else { return nil }
        var hour = hour
        if isAfternoon == true, hour < 12 { hour += 12 }
        if isAfternoon == false, hour == 12 { hour = 0 }
        let seconds = GoTimeParts.days(year, wholeMonth, wholeDay) * 86_400 + hour * 3600 + minute * 60 + second
        if isUTC { return GoTime(seconds: seconds, nanoseconds: nanoseconds) }
        if let offset {
            let zone = offset == 0 ? GoZone.utc : .fixed(offset: offset, name: zoneName ?? "")
            return GoTime(seconds: seconds - offset, nanoseconds: nanoseconds, zone: zone)
        }
        let zone = zoneName.map { GoZone.fixed(offset: 0, name: $0) } ?? .utc
        return GoTime(seconds: seconds, nanoseconds: nanoseconds, zone: zone)
    }
}
