/// Lengths of time in nanoseconds, as Go writes them: `1h2m3.5s`.
enum GoDuration {
    private static let units: [String: UInt] = [
        "ns": 1, "us": 1000, "\u{b5}s": 1000, "\u{3bc}s": 1000, "ms": 1_000_000, "s": 1_000_000_000,
        "m": 60_000_000_000, "h": 3_600_000_000_000,
    ]

    static func description(_ duration: Int) -> String {
        guard duration != 0 else { return "0s" }
        let sign = duration < 0 ? "-" : ""
        let size = duration.magnitude
        switch size {
        case ..<1000: return "\(sign)\(size)ns"
        case ..<1_000_000: return sign + decimal(size, 1000) + "\u{b5}s"
        case ..<1_000_000_000: return sign + decimal(size, 1_000_000) + "ms"
        default: break
        }
        let minutes = size / 60_000_000_000
        let seconds = decimal(size % 60_000_000_000, 1_000_000_000) + "s"
        guard minutes > 0 else { return sign + seconds }
        return sign + (minutes >= 60 ? "\(minutes / 60)h" : "") + "\(minutes % 60)m" + seconds
    }

    private static func decimal(_ number: UInt, _ unit: UInt) -> String {
        var fraction = String(unit + number % unit).dropFirst()
        while fraction.last == "0" { fraction.removeLast() }
        return String(number / unit) + (fraction.isEmpty ? "" : "." + fraction)
    }

    /// Nil if it is none, or longer than 64 bits of nanoseconds.
    static func parse(_ text: ByteString) -> Int? {
        guard text.count < 1000 else { return nil }
        var rest = text.bytes[...]
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        if rest.elementsEqual("0".utf8) { return 0 }
        guard !rest.isEmpty else { return nil }
        var sum: UInt = 0
        while !rest.isEmpty {
            let whole = rest.prefix(while: isDigit)
            rest = rest.dropFirst(whole.count)
            var fraction: ArraySlice<UInt8> = []
            if rest.first == UInt8(ascii: ".") {
                fraction = rest.dropFirst().prefix(while: isDigit)
                rest = rest.dropFirst(1 + fraction.count)
            }
            let word = rest.prefix { !isDigit($0) && $0 != UInt8(ascii: ".") }
            rest = rest.dropFirst(word.count)
            guard !whole.isEmpty || !fraction.isEmpty, let unit = units[String(decoding: word, as: UTF8.self)],
                let number = whole.isEmpty ? 0 : UInt(String(decoding: whole, as: UTF8.self))
            else { return nil }
            let (product, overflow) = number.multipliedReportingOverflow(by: unit)
            let part = fraction.isEmpty ? 0 : Double("0." + String(decoding: fraction, as: UTF8.self)) ?? 0
            let (more, isMuch) = product.addingReportingOverflow(UInt(part * Double(unit)))
            let (total, isTooMuch) = sum.addingReportingOverflow(more)
            guard !overflow, !isMuch, !isTooMuch, total <= 1 << 63 else { return nil }
            sum = total
        }
        if isNegative { return sum == 1 << 63 ? .min : -Int(sum) }
        return Int(exactly: sum)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
