import Foundation

extension TemplateFunctions {
    mutating func addDates() {
        add("now", takes: 0) { _ in .time(GoTime(Date())) }
        add("date", takes: 2) { call in try call.formatted(try call.string(0), 1, in: .utc) }
        add("dateInZone", "date_in_zone", takes: 3) { call in
            try call.formatted(try call.string(0), 1, in: try call.zone(2))
        }
        add("htmlDate", takes: 1) { call in try call.formatted("2006-01-02", 0, in: .utc) }
        add("htmlDateInZone", takes: 2) { call in try call.formatted("2006-01-02", 0, in: try call.zone(1)) }
        add("dateModify", "date_modify", takes: 2) { call in
            .time(try call.time(1).adding(GoDuration.parse(try call.string(0)) ?? 0))
        }
        add("mustDateModify", "must_date_modify", takes: 2) { call in
            guard let duration = GoDuration.parse(try call.string(0)) else {
                throw call.failure(
                    "takes a length of time such as '-1h30m', not '\(try call.string(0).text.prefix(50))'")
            }
            return .time(try call.time(1).adding(duration))
        }
        add("toDate", takes: 2) { call in .time(try call.parsed() ?? .zero) }
        add("mustToDate", takes: 2) { call in
            guard let time = try call.parsed() else {
                throw call.failure("finds no date of that form in '\(try call.string(1).text.prefix(50))'")
            }
            return .time(time)
        }
        add("unixEpoch", takes: 1) { call in .text(String(try call.time(0).seconds)) }
        add("ago", takes: 1) { call in
            let second = 1_000_000_000
            let passed = GoTime(Date()).since(call.moment(0))
            let rounded = (passed / second + (passed % second >= second / 2 ? 1 : 0)).multipliedReportingOverflow(
                by: second)
            return .text(GoDuration.description(rounded.overflow ? passed : rounded.partialValue))
        }
        add("duration", takes: 1) { call in
            let seconds: Int
            switch call.arguments[0] {
            case .string(let text): seconds = GoNumber.int(text, base: 10) ?? 0
            case .int(let value, .int64): seconds = value
            default: seconds = 0
            }
            return .text(GoDuration.description(seconds &* 1_000_000_000))
        }
        add("durationRound", takes: 1) { call in
            let duration: Int
            switch call.arguments[0] {
            case .string(let text): duration = GoDuration.parse(text) ?? 0
            case .int(let value, .int64): duration = value
            case .time(let time): duration = GoTime(Date()).since(time)
            default: duration = 0
            }
            return .text(Self.rounded(duration.magnitude))
        }
    }

    private static func rounded(_ nanoseconds: UInt) -> String {
        let hour: UInt = 3_600_000_000_000
        let units = [
            (hour * 24 * 365, "y"), (hour * 24 * 30, "mo"), (hour * 24, "d"), (hour, "h"), (hour / 60, "m"),
            (hour / 3600, "s"),
        ]
        return units.first { nanoseconds > $0.0 }.map { "\(nanoseconds / $0.0)\($0.1)" } ?? "0s"
    }
}

extension TemplateCall {
    /// A time, or seconds since 1970; what is something else is now.
    fileprivate func moment(_ index: Int) -> GoTime {
        switch arguments[index] {
        case .time(let time): time
        case .int(let seconds, _): GoTime(seconds: seconds)
        default: GoTime(Date())
        }
    }

    /// UTC stands in for one that doesn't exist.
    fileprivate func zone(_ index: Int) throws -> GoZone { GoZone(try string(index).text) ?? .utc }

    fileprivate func formatted(_ layout: ByteString, _ index: Int, in zone: GoZone) throws -> GoValue {
        try work.spend(layout.count * 12)
        let (layout, time) = (GoTimeLayout(layout), moment(index).in(zone))
        // Where the system doesn't know the letters for a zone, it makes some from its distance.
        if layout.elements.contains(.zoneName), case .place = zone, zone.name(at: time.seconds).hasPrefix("GMT") {
            throw TemplateFailure(.unsupported, "the short name of this zone of the world ('MST' in the form)")
        }
        return try made(layout.format(time))
    }

    fileprivate func parsed() throws -> GoTime? {
        try work.spend(try string(0).count * 4)
        return GoTimeParser.parse(try string(1), GoTimeLayout(try string(0)))
    }
}
