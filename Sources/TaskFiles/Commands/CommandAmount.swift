/// Amounts as docker's client reads them.
enum CommandAmount {
    /// `512m`, `1g`, `1048576`: powers of 1,024.
    static func bytes(_ text: String) throws(CommandProblem) -> Int64 {
        let lower = text.lowercased()
        let digits = lower.prefix { $0.isASCII && $0.isNumber || $0 == "." }
        let units: [Substring: Double] = [
            "": 1, "b": 1, "k": 0x400, "kb": 0x400, "kib": 0x400, "m": 0x10_0000, "mb": 0x10_0000, "mib": 0x10_0000,
            "g": 0x4000_0000, "gb": 0x4000_0000, "gib": 0x4000_0000, "t": 0x100_0000_0000, "tb": 0x100_0000_0000,
            "tib": 0x100_0000_0000,
        ]
        let unit = lower.dropFirst(digits.count).drop { $0 == " " }
        guard let number = Double(digits), let factor = units[unit], number * factor < 1e18 else {
            throw .syntax("'\(text)' is no amount of memory; write it as in 512m or 2g")
        }
        return Int64(number * factor)
    }

    /// `0.5` processors, in billionths.
    static func nanoCPUs(_ text: String) throws(CommandProblem) -> Int64 {
        guard let number = Double(text), number >= 0, number < 100_000 else {
            throw .syntax("'\(text)' is no number of processors")
        }
        return Int64(number * 1e9)
    }

    /// `1m30s`, as Go writes it.
    static func duration(_ text: String) throws(CommandProblem) -> Duration {
        let units: [Substring: Double] = ["ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600]
        var seconds = 0.0
        var rest = text[...]
        while !rest.isEmpty, rest != "0" {
            let digits = rest.prefix { $0.isASCII && $0.isNumber || $0 == "." }
            let unit = rest.dropFirst(digits.count).prefix { !($0.isASCII && $0.isNumber) && $0 != "." }
            guard let number = Double(digits), let factor = units[unit] else {
                throw .syntax("'\(text)' is no time; write it as in 1m30s")
            }
            seconds += number * factor
            rest = rest.dropFirst(digits.count + unit.count)
        }
        guard !text.isEmpty, seconds < 1e9 else { throw .syntax("'\(text)' is no time; write it as in 1m30s") }
        return .seconds(seconds)
    }
}
