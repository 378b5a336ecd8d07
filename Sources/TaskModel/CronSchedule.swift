/// When a timer fires: five fields (minute, hour, day of month, month, day of week).
///
/// A field is `*` or a list of numbers and ranges, each with a step if need be (`*/15`, `1-5`, `0,30`); months and days
/// of the week may be named by three letters; Sunday is 0 or 7. All fields must fit, both days among them: so does
/// ACR Tasks, unlike cron.
public struct CronSchedule: Sendable, Hashable {
    public let minutes: Set<Int>
    public let hours: Set<Int>
    public let days: Set<Int>
    public let months: Set<Int>
    /// 0 is Sunday.
    public let weekdays: Set<Int>

    private static let monthNames = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]
    private static let weekdayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

    /// - Throws: ``InvalidName`` telling which field breaks which rule.
    public init(_ text: String) throws(InvalidName) {
        let fields = text.split(whereSeparator: { $0 == " " || $0 == "\t" }).map { $0.lowercased() }
        guard fields.count == 5 else {
            throw InvalidName(
                text, kind: "schedule",
                rule: "it needs five fields: minute, hour, day of month, month and day of week, as in '0 21 * * *'")
        }
        func values(
            _ index: Int, _ name: String, _ range: ClosedRange<Int>, last: Int? = nil, names: [String] = []
        ) throws(InvalidName) -> Set<Int> {
            let last = last ?? range.upperBound
            guard let values = Self.values(of: fields[index], in: range, last: last, names: names) else {
                throw InvalidName(
                    text, kind: "schedule",
                    rule: "'\(fields[index])' is no \(name): use *, numbers from \(range.lowerBound) to "
                        + "\(range.upperBound), ranges as in 1-5, lists as in 0,30 and steps as in */15")
            }
            return values
        }
        minutes = try values(0, "minute", 0...59)
        hours = try values(1, "hour", 0...23)
        days = try values(2, "day of a month", 1...31)
        months = try values(3, "month", 1...12, names: Self.monthNames)
        weekdays = Set(
            try values(4, "day of a week", 0...7, last: 6, names: Self.weekdayNames).map { $0 % 7 })
    }

    /// Nil if the field breaks a rule.
    ///
    /// - Parameter last: where a step ends that has no end of its own: 7 is another name for a Sunday, and not one more day.
    private static func values(of field: String, in range: ClosedRange<Int>, last: Int, names: [String]) -> Set<Int>? {
        var values: Set<Int> = []
        for part in field.split(separator: ",", omittingEmptySubsequences: false) {
            let pieces = part.split(separator: "/", omittingEmptySubsequences: false)
            guard (1...2).contains(pieces.count) else { return nil }
            var step = 1
            if pieces.count == 2 {
                guard let given = Int(pieces[1]), (1...range.upperBound).contains(given) else { return nil }
                step = given
            }
            let openEnd = pieces.count == 2 ? last : nil
            guard let bounds = bounds(of: pieces[0], in: range, names: names, openEnd: openEnd) else { return nil }
            values.formUnion(stride(from: bounds.lowerBound, through: bounds.upperBound, by: step))
        }
        return values
    }

    /// - Parameter openEnd: up to where a lone number means all from it on, since a step follows.
    private static func bounds(
        of text: Substring, in range: ClosedRange<Int>, names: [String], openEnd: Int?
    ) -> ClosedRange<Int>? {
        if text == "*" { return range }
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
        guard (1...2).contains(ends.count), let first = number(ends[0], in: range, names: names) else { return nil }
        if ends.count == 1 { return first...max(first, openEnd ?? first) }
        guard let last = number(ends[1], in: range, names: names), first <= last else { return nil }
        return first...last
    }

    private static func number(_ text: Substring, in range: ClosedRange<Int>, names: [String]) -> Int? {
        if let index = names.firstIndex(of: String(text)) { return index + range.lowerBound }
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text), range.contains(number)
        else { return nil }
        return number
    }
}
