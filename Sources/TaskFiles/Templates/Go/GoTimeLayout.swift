/// A form of dates, shown as Go's reference time would be: `2006-01-02 15:04:05`.
struct GoTimeLayout {
    enum Element: Equatable {
        case literal(ByteString)
        case longMonth, month, numberMonth, zeroMonth
        case longWeekday, weekday
        case day, underDay, zeroDay, underYearDay, zeroYearDay
        case hour, hour12, zeroHour12, minute, zeroMinute, second, zeroSecond
        case longYear, year
        case upperPM, lowerPM
        case zoneName
        /// `Z07:00` and its like show UTC as Z.
        case zone(isISO: Bool, hasColons: Bool, minutes: Bool, seconds: Bool)
        /// `.000`, or without zeros at the end `.999`.
        case fraction(separator: UInt8, digits: Int, isTrimmed: Bool)
    }

    let elements: [Element]

    init(_ layout: ByteString) {
        var elements: [Element] = []
        var literal: [UInt8] = []
        var rest = layout.bytes[...]
        while !rest.isEmpty {
            if let (element, length) = Self.element(at: rest) {
                if !literal.isEmpty { elements.append(.literal(ByteString(literal))) }
                literal = []
                elements.append(element)
                rest = rest.dropFirst(length)
            } else if let byte = rest.popFirst() {
                literal.append(byte)
            }
        }
        if !literal.isEmpty { elements.append(.literal(ByteString(literal))) }
        self.elements = elements
    }

    /// Those that begin like another come before it.
    private static let words: [(text: String, element: Element)] = [
        ("January", .longMonth), ("Monday", .longWeekday), ("MST", .zoneName),
        ("01", .zeroMonth), ("02", .zeroDay), ("03", .zeroHour12), ("04", .zeroMinute), ("05", .zeroSecond),
        ("06", .year), ("002", .zeroYearDay), ("15", .hour), ("1", .numberMonth), ("2006", .longYear), ("2", .day),
        ("__2", .underYearDay), ("_2", .underDay), ("3", .hour12), ("4", .minute), ("5", .second), ("PM", .upperPM),
        ("pm", .lowerPM),
        ("-070000", .zone(isISO: false, hasColons: false, minutes: true, seconds: true)),
        ("-07:00:00", .zone(isISO: false, hasColons: true, minutes: true, seconds: true)),
        ("-0700", .zone(isISO: false, hasColons: false, minutes: true, seconds: false)),
        ("-07:00", .zone(isISO: false, hasColons: true, minutes: true, seconds: false)),
        ("-07", .zone(isISO: false, hasColons: false, minutes: false, seconds: false)),
        ("Z070000", .zone(isISO: true, hasColons: false, minutes: true, seconds: true)),
        ("Z07:00:00", .zone(isISO: true, hasColons: true, minutes: true, seconds: true)),
        ("Z0700", .zone(isISO: true, hasColons: false, minutes: true, seconds: false)),
        ("Z07:00", .zone(isISO: true, hasColons: true, minutes: true, seconds: false)),
        ("Z07", .zone(isISO: true, hasColons: false, minutes: false, seconds: false)),
    ]

    private static func element(at rest: ArraySlice<UInt8>) -> (Element, length: Int)? {
        guard let first = rest.first, "JM0123456789_Pp-Z.,".utf8.contains(first) else { return nil }
        if first == UInt8(ascii: ".") || first == UInt8(ascii: ",") { return fraction(at: rest) }
        // `_2006` is a year after a low line.
        if rest.starts(with: "_2006".utf8) { return nil }
        if let word = words.first(where: { rest.starts(with: $0.text.utf8) }) {
            return (word.element, word.text.utf8.count)
        }
        let next = rest.dropFirst(3).first
        guard next.map({ !(0x61...0x7a).contains($0) }) ?? true else { return nil }
        if rest.starts(with: "Jan".utf8) { return (.month, 3) }
        if rest.starts(with: "Mon".utf8) { return (.weekday, 3) }
        return nil
    }

    private static func fraction(at rest: ArraySlice<UInt8>) -> (Element, length: Int)? {
        guard let separator = rest.first, let digit = rest.dropFirst().first, digit == 0x30 || digit == 0x39 else {
            return nil
        }
        let digits = rest.dropFirst().prefix { $0 == digit }.count
        let next = rest.dropFirst(1 + digits).first
        guard next.map({ !(0x30...0x39).contains($0) }) ?? true else { return nil }
        return (.fraction(separator: separator, digits: digits, isTrimmed: digit == 0x39), 1 + digits)
    }

    func format(_ time: GoTime) -> ByteString {
        let parts = time.parts
        var result = ByteString([])
        for element in elements { Self.append(element, time, parts, to: &result) }
        return result
    }

    private static func append(_ element: Element, _ time: GoTime, _ parts: GoTimeParts, to result: inout ByteString) {
        let hour12 = parts.hour % 12 == 0 ? 12 : parts.hour % 12
        switch element {
        case .literal(let text): result.append(text)
        case .longMonth: result.append(GoTimeParts.months[parts.month - 1])
        case .month: result.append(String(GoTimeParts.months[parts.month - 1].prefix(3)))
        case .numberMonth: result.append(String(parts.month))
        case .zeroMonth: result.append(filled(parts.month, 2))
        case .longWeekday: result.append(GoTimeParts.weekdays[parts.weekday])
        case .weekday: result.append(String(GoTimeParts.weekdays[parts.weekday].prefix(3)))
        case .day: result.append(String(parts.day))
        case .underDay: result.append((parts.day < 10 ? " " : "") + String(parts.day))
        case .zeroDay: result.append(filled(parts.day, 2))
        case .underYearDay: result.append(filled(parts.dayOfYear, 3, with: " "))
        case .zeroYearDay: result.append(filled(parts.dayOfYear, 3))
        case .hour: result.append(filled(parts.hour, 2))
        case .hour12: result.append(String(hour12))
        case .zeroHour12: result.append(filled(hour12, 2))
        case .minute: result.append(String(parts.minute))
        case .zeroMinute: result.append(filled(parts.minute, 2))
        case .second: result.append(String(parts.second))
        case .zeroSecond: result.append(filled(parts.second, 2))
        case .longYear: result.append((parts.year < 0 ? "-" : "") + filled(abs(parts.year), 4))
        case .year: result.append(filled(abs(parts.year % 100), 2))
        case .upperPM: result.append(parts.hour >= 12 ? "PM" : "AM")
        case .lowerPM: result.append(parts.hour >= 12 ? "pm" : "am")
        case .zoneName:
            let name = time.zone.name(at: time.seconds)
            let offset = time.zone.offset(at: time.seconds)
            result.append(name.isEmpty ? shown(offset, false, offset % 3600 != 0, false) : name)
        case .zone(let isISO, let hasColons, let minutes, let seconds):
            let offset = time.zone.offset(at: time.seconds)
            result.append(isISO && offset == 0 ? "Z" : shown(offset, hasColons, minutes, seconds))
        case .fraction(let separator, let digits, let isTrimmed):
            var text = String(filled(time.nanoseconds, 9).prefix(digits))
            text += String(repeating: "0", count: min(max(0, digits - 9), 100))
            if isTrimmed { while text.last == "0" { text.removeLast() } }
            if !text.isEmpty {
                result.bytes.append(separator)
                result.append(text)
            }
        }
    }

    private static func shown(_ offset: Int, _ hasColons: Bool, _ minutes: Bool, _ seconds: Bool) -> String {
        let size = abs(offset)
        var text = (offset < 0 ? "-" : "+") + filled(size / 3600, 2)
        if minutes { text += (hasColons ? ":" : "") + filled(size / 60 % 60, 2) }
        if seconds { text += (hasColons ? ":" : "") + filled(size % 60, 2) }
        return text
    }

    private static func filled(_ number: Int, _ digits: Int, with filling: String = "0") -> String {
        let text = String(number)
        return String(repeating: filling, count: max(0, digits - text.utf8.count)) + text
    }
}
