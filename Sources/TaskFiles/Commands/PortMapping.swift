/// One port, or one that leads to another.
public struct PortMapping: Sendable, Hashable {
    public let port: UInt16
    /// `tcp`, `udp` or `sctp`.
    public let transport: String
    /// Of the host; empty is all.
    public let address: String
    /// Nil is any that is free.
    public let hostPort: UInt16?

    /// Reads `[[address:]host:]port[/transport]`, in which ports may be ranges of the same length.
    static func read(_ text: String) throws(CommandProblem) -> [PortMapping] {
        let halves = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let transport = halves.count > 1 ? halves[1].lowercased() : "tcp"
        var parts = halves[0].split(separator: ":", omittingEmptySubsequences: false)
        guard ["tcp", "udp", "sctp"].contains(transport), let last = parts.popLast(), let ports = range(last) else {
            throw .syntax("'\(text)' is no port")
        }
        let host = parts.popLast() ?? ""
        let address = parts.joined(separator: ":").trimmingBrackets
        guard !host.isEmpty else {
            return ports.map { PortMapping(port: $0, transport: transport, address: address, hostPort: nil) }
        }
        guard let hostPorts = range(host), hostPorts.count == ports.count else {
            throw .syntax("'\(text)' is no port")
        }
        return zip(ports, hostPorts).map {
            PortMapping(port: $0, transport: transport, address: address, hostPort: $1)
        }
    }

    static func read(all texts: [String]) throws(CommandProblem) -> [PortMapping] {
        var ports: [PortMapping] = []
        for text in texts { ports += try read(text) }
        return ports
    }

    private static func range(_ text: Substring) -> ClosedRange<UInt16>? {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { UInt16($0) }
        guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, first > 0, first <= last,
            last - first < 1_000
        else { return nil }
        return first...last
    }
}

extension String {
    fileprivate var trimmingBrackets: String {
        hasPrefix("[") && hasSuffix("]") ? String(dropFirst().dropLast()) : self
    }
}
