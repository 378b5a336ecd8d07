import Glibc

/// Which addresses may be connected to, checked when the socket is opened: after the name was resolved, at each connect and each redirect.
public struct AddressPolicy: Sendable {
    /// Networks that are refused unless allowed: loopback, link-local and cloud metadata, multicast, unspecified, and their forms inside IPv6.
    public static let refusedByDefault: [Network] = [
        "0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "100.100.100.200/32", "192.0.0.192/32", "224.0.0.0/4",
        "240.0.0.0/4",
        "::/128", "::1/128", "fe80::/10", "fd00:ec2::254/128", "ff00::/8",
    ].compactMap(Network.init)

    /// Networks that are allowed although they are in ``refused``.
    public var allowed: [Network]
    /// Origins (`scheme://host[:port]`, lower case) whose addresses are not checked.
    public var allowedOrigins: Set<String>
    public var refused: [Network]

    public init(allowed: [Network] = [], allowedOrigins: Set<String> = [], refused: [Network] = Self.refusedByDefault) {
        self.allowed = allowed
        self.allowedOrigins = allowedOrigins
        self.refused = refused
    }

    public func allows(origin: String, address: IPAddress) -> Bool {
        if allowedOrigins.contains(origin) { return true }
        // Mapped and translated forms count as the address inside, and as themselves.
        return [address, address.embedded].compactMap(\.self).allSatisfy { address in
            allowed.contains { $0.contains(address) } || !refused.contains { $0.contains(address) }
        }
    }
}

/// An IPv4 (4 bytes) or IPv6 (16 bytes) address.
public struct IPAddress: Sendable, Hashable {
    public let bytes: [UInt8]

    public init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    public init?(_ text: String) {
        guard let bytes = parseAddress(text) else { return nil }
        self.bytes = bytes
    }

    /// The IPv4 address inside an IPv4-mapped, IPv4-compatible, NAT64 or 6to4 address.
    var embedded: IPAddress? {
        guard bytes.count == 16 else { return nil }
        if bytes[0..<10].allSatisfy({ $0 == 0 }), bytes[10] == bytes[11], bytes[10] == 0xff || bytes[10] == 0 {
            return IPAddress(bytes: Array(bytes[12...]))
        }
        if bytes.starts(with: [0x00, 0x64, 0xff, 0x9b]) { return IPAddress(bytes: Array(bytes[12...])) }
        if bytes.starts(with: [0x20, 0x02]) { return IPAddress(bytes: Array(bytes[2..<6])) }
        return nil
    }
}

/// A network in CIDR form: `10.0.0.0/8`, `fd00::/8`. An address alone is a network of one.
public struct Network: Sendable, Hashable {
    public let address: IPAddress
    public let prefix: Int

    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let address = IPAddress(String(parts[0])) else { return nil }
        let most = address.bytes.count * 8
        guard let prefix = parts.count == 2 ? Int(parts[1]) : most, (0...most).contains(prefix) else { return nil }
        self.address = address
        self.prefix = prefix
    }

    public func contains(_ other: IPAddress) -> Bool {
        guard other.bytes.count == address.bytes.count else { return false }
        let whole = prefix / 8
        guard other.bytes.prefix(whole).elementsEqual(address.bytes.prefix(whole)) else { return false }
        guard prefix % 8 != 0 else { return true }
        let mask = UInt8.max << UInt8(8 - prefix % 8)
        return other.bytes[whole] & mask == address.bytes[whole] & mask
    }
}

extension IPAddress: CustomStringConvertible {
    /// As `inet_ntop` writes it.
    public var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        return bytes.withUnsafeBytes { inet_ntop(family, $0.baseAddress, &text, socklen_t(text.count)) }
            .map { String(cString: $0) } ?? ""
    }
}

extension Network: CustomStringConvertible {
    /// As ``init(_:)`` reads it.
    public var description: String { "\(address)/\(prefix)" }
}
