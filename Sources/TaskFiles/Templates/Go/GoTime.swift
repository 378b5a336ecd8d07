import Foundation

/// A moment, and the zone in which it is shown. As in a container of ACR Tasks, the local zone is UTC.
final class GoTime: Equatable, Sendable {
    /// Since 1970.
    let seconds: Int
    let nanoseconds: Int
    let zone: GoZone

    init(seconds: Int, nanoseconds: Int = 0, zone: GoZone = .utc) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
        self.zone = zone
    }

    convenience init(_ date: Date) {
        let whole = date.timeIntervalSince1970.rounded(.down)
        let part = Int((date.timeIntervalSince1970 - whole) * 1e9)
        self.init(seconds: GoNumber.truncated(whole), nanoseconds: min(max(part, 0), 999_999_999))
    }

    /// What Go has without a time: 1 January of the year 1.
    static let zero = GoTime(seconds: -62_135_596_800)

    static func == (left: GoTime, right: GoTime) -> Bool {
        left.seconds == right.seconds && left.nanoseconds == right.nanoseconds && left.zone == right.zone
    }

    func `in`(_ zone: GoZone) -> GoTime { GoTime(seconds: seconds, nanoseconds: nanoseconds, zone: zone) }

    func adding(_ duration: Int) -> GoTime {
        let nanos = nanoseconds + duration % 1_000_000_000
        let carry = nanos < 0 ? -1 : nanos / 1_000_000_000
        return GoTime(
            seconds: seconds &+ duration / 1_000_000_000 &+ carry, nanoseconds: nanos - carry * 1_000_000_000,
            zone: zone)
    }

    /// The nanoseconds since another moment, cut to 64 bits.
    func since(_ other: GoTime) -> Int {
        let (whole, tooFar) = seconds.subtractingReportingOverflow(other.seconds)
        let (nanos, overflow) = whole.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, carry) = nanos.addingReportingOverflow(nanoseconds - other.nanoseconds)
        return tooFar || overflow || carry ? (seconds > other.seconds ? .max : .min) : sum
    }

    /// The date and the time of day in ``zone``.
    var parts: GoTimeParts { GoTimeParts(seconds: seconds &+ zone.offset(at: seconds)) }

    var description: String { GoTimeLayout("2006-01-02 15:04:05.999999999 -0700 MST").format(self).text }
}

/// UTC, one of a fixed distance from it, or one of the zones of the world.
enum GoZone: Hashable, Sendable {
    case utc
    case fixed(offset: Int, name: String)
    case place(TimeZone)

    /// - Parameter name: `Europe/Berlin`; also `UTC` and `Local`. Nil if there is no such zone.
    init?(_ name: String) {
        if ["", "UTC", "Local"].contains(name) { self = .utc; return }
        guard name.utf8.count < 64, !name.contains(".."), !name.hasPrefix("/"), !name.contains("\\"),
            let zone = TimeZone(identifier: name)
        else { return nil }
        self = .place(zone)
    }

    func offset(at seconds: Int) -> Int {
        switch self {
        case .utc: 0
        case .fixed(let offset, _): offset
        case .place(let zone): zone.secondsFromGMT(for: Date(timeIntervalSince1970: Self.near(seconds)))
        }
    }

    func name(at seconds: Int) -> String {
        switch self {
        case .utc: "UTC"
        case .fixed(_, let name): name
        case .place(let zone): zone.abbreviation(for: Date(timeIntervalSince1970: Self.near(seconds))) ?? ""
        }
    }

    /// Calendars don't reach as far as 64 bits do.
    private static func near(_ seconds: Int) -> Double { Double(min(max(seconds, -62_135_596_800), 253_402_300_799)) }
}

/// A date of the Gregorian calendar and a time of day.
struct GoTimeParts {
    var year: Int
    var month: Int
    var day: Int
    /// From Sunday, 0.
    var weekday: Int
    /// From 1.
    var dayOfYear: Int
    var hour: Int
    var minute: Int
    var second: Int

    static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
    static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]

    init(seconds: Int) {
        let days = seconds >= 0 ? seconds / 86_400 : (seconds &+ 1) / 86_400 - 1
        let rest = seconds &- days &* 86_400
        (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60)
        weekday = (days % 7 + 11) % 7
        // Days since 1 March of year 0, in eras of 400 years.
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let ofEra = shifted - era * 146_097
        let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let fromMarch = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let index = (5 * fromMarch + 2) / 153
        day = fromMarch - (153 * index + 2) / 5 + 1
        month = index < 10 ? index + 3 : index - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        dayOfYear = days - Self.days(year, 1, 1) + 1
    }

    /// Days since 1970.
    static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    static func days(in month: Int, of year: Int) -> Int {
        month == 2 ? (isLeap(year) ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }
}
