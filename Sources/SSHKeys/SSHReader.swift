/// Reads the binary forms of ssh (RFC 4251, section 5). Every count is checked against what is there.
struct SSHReader {
    struct Short: Error {}

    private var rest: ArraySlice<UInt8>

    init(_ bytes: some Collection<UInt8>) {
        rest = Array(bytes)[...]
    }

    var isAtEnd: Bool { rest.isEmpty }
    /// What has not been read.
    var remaining: ArraySlice<UInt8> { rest }

    mutating func byte() throws(Short) -> UInt8 {
        guard let first = rest.popFirst() else { throw Short() }
        return first
    }

    mutating func uint32() throws(Short) -> UInt32 {
        try take(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    mutating func string() throws(Short) -> [UInt8] {
        Array(try take(Int(try uint32())))
    }

    mutating func text() throws(Short) -> String {
        guard let text = String(validating: try string(), as: UTF8.self) else { throw Short() }
        return text
    }

    /// A number that is not negative, without zeros in front.
    mutating func number() throws(Short) -> [UInt8] {
        let bytes = try string()
        guard bytes.first.map({ $0 < 0x80 }) ?? true else { throw Short() }
        return Array(bytes.drop { $0 == 0 })
    }

    mutating func take(_ count: Int) throws(Short) -> ArraySlice<UInt8> {
        guard count <= rest.count else { throw Short() }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }
}

/// Writes them.
struct SSHWriter {
    private(set) var bytes: [UInt8] = []

    mutating func byte(_ value: UInt8) { bytes.append(value) }

    mutating func uint32(_ value: Int) {
        bytes += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    mutating func string(_ value: some Collection<UInt8>) {
        uint32(value.count)
        bytes += value
    }

    mutating func text(_ value: String) { string(Array(value.utf8)) }

    /// - Parameter value: with the highest byte first.
    mutating func number(_ value: some Collection<UInt8>) {
        let digits = Array(value.drop { $0 == 0 })
        string((digits.first ?? 0) >= 0x80 ? [0] + digits : digits)
    }

    static func making(_ write: (inout SSHWriter) -> Void) -> [UInt8] {
        var writer = SSHWriter()
        write(&writer)
        return writer.bytes
    }
}
