import ArgumentParser

/// Bytes as people write them: `1048576`, `512MiB`, `10GB`.
struct ByteAmount: ExpressibleByArgument, Equatable {
    let bytes: Int64

    init?(argument: String) {
        let units: [String: Int64] = [
            "": 1, "b": 1, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
            "kb": 1000, "mb": 1_000_000, "gb": 1_000_000_000, "tb": 1_000_000_000_000,
        ]
        guard let bytes = amount(argument, units: units) else { return nil }
        self.bytes = bytes
    }
}

/// A time as people write it: `90`, `90s`, `15m`, `12h`, `7d`.
struct TimeAmount: ExpressibleByArgument, Equatable {
    let seconds: Int64

    init?(argument: String) {
        guard let seconds = amount(argument, units: ["": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400]), seconds > 0
        else {
            return nil
        }
        self.seconds = seconds
    }
}

private func amount(_ text: String, units: [String: Int64]) -> Int64? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let number = Int64(digits), let factor = units[text[digits.endIndex...].lowercased()] else { return nil }
    let (result, overflow) = number.multipliedReportingOverflow(by: factor)
    return overflow ? nil : result
}
