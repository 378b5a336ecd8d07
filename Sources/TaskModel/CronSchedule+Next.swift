public import struct Foundation.Date
public import struct Foundation.TimeZone

extension CronSchedule {
    /// As far as a day is looked for: 29 February comes on the same day of the week after 40 years at most.
    private static let farthestDays = 41 * 366

    /// The first minute after a time that fits; nil if none ever does, as on 30 February.
    ///
    /// Where clocks are put forward, times that are left out count as the minute after; where they are put back, a schedule that names hours
    /// fires the first time only. One for every hour fires as time really passes.
    public func next(after time: Date, in zone: TimeZone = .gmt) -> Date? {
        let start = (Int(time.timeIntervalSince1970.rounded(.down)) / 60 + 1) * 60
        let end = start + Self.farthestDays * 86_400
        if leavesOut(at: start, in: zone) { return Date(seconds: start) }
        var cursor = start
        while cursor < end {
            let offset = zone.secondsFromGMT(for: Date(seconds: cursor))
            let change = zone.nextDaylightSavingTimeTransition(after: Date(seconds: cursor)).map {
                Int($0.timeIntervalSince1970.rounded())
            }
            // As long as the clocks stay: nothing but arithmetic.
            let spanEnd = min(change ?? end, end)
            var local = cursor + offset
            while let found = firstMinute(from: local, before: spanEnd + offset) {
                if everyHour || !zone.wasAlready(local: found, at: found - offset, offset: offset) {
                    return Date(seconds: found - offset)
                }
                local = found + 60
            }
            guard let change, change < end else { return nil }
            if leavesOut(at: change, in: zone) { return Date(seconds: change) }
            cursor = change
        }
        return nil
    }

    private var everyHour: Bool { hours.count == 24 }

    /// Whether clocks are put forward at a time, and leave out a minute that fits.
    private func leavesOut(at time: Int, in zone: TimeZone) -> Bool {
        guard !everyHour else { return false }
        let before = zone.secondsFromGMT(for: Date(seconds: time - 1))
        let after = zone.secondsFromGMT(for: Date(seconds: time))
        return before < after && firstMinute(from: time + before, before: time + after) != nil
    }

    /// Of local times, in seconds as if they were UTC.
    private func firstMinute(from start: Int, before end: Int) -> Int? {
        let hours = hours.sorted()
        let minutes = minutes.sorted()
        var day = floorDivided(start, 86_400)
        var earliest = floorDivided(start + 59, 60) - day * 1440
        while day * 86_400 < end {
            if fits(day: day) {
                for hour in hours where hour * 60 + 59 >= earliest {
                    for minute in minutes where hour * 60 + minute >= earliest {
                        let found = day * 86_400 + hour * 3600 + minute * 60
                        return found < end ? found : nil
                    }
                }
            }
            day += 1
            earliest = 0
        }
        return nil
    }

    /// - Parameter day: days since 1970-01-01, a Thursday.
    private func fits(day: Int) -> Bool {
        let weekday = ((day + 4) % 7 + 7) % 7
        guard weekdays.contains(weekday) else { return false }
        let (month, dayOfMonth) = civilDate(daysSince1970: day)
        return months.contains(month) && days.contains(dayOfMonth)
    }
}

extension Date {
    fileprivate init(seconds: Int) {
        self.init(timeIntervalSince1970: Double(seconds))
    }
}

extension TimeZone {
    /// Whether clocks showed a local time before, since they were put back after it.
    fileprivate func wasAlready(local: Int, at time: Int, offset: Int) -> Bool {
        let before = secondsFromGMT(for: Date(seconds: time - 3 * 3600))
        guard before > offset else { return false }
        return secondsFromGMT(for: Date(seconds: local - before)) == before
    }
}

private func floorDivided(_ number: Int, _ divisor: Int) -> Int {
    number >= 0 ? number / divisor : -((-number + divisor - 1) / divisor)
}

/// Month and day of the Gregorian calendar: years that begin in March, in eras of 400 of them.
private func civilDate(daysSince1970 days: Int) -> (month: Int, day: Int) {
    let shifted = days + 719_468
    let dayOfEra = shifted - floorDivided(shifted, 146_097) * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    return (month < 10 ? month + 3 : month - 9, dayOfYear - (153 * month + 2) / 5 + 1)
}
