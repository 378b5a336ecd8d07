/// Where the calls of agents go, below the server's URL.
public enum AgentPaths {
    public static let base = "/agent/v1"
    /// `POST`
    public static let agents = base + "/agents"
    /// `POST`, with `?wait=SECONDS`
    public static let next = base + "/runs/next"

    /// `POST`
    public static func heartbeat(of agent: AgentID) -> String { "\(agents)/\(agent.text)/heartbeat" }

    /// A lease's own calls stand below this.
    public static func lease(_ lease: LeaseID) -> String { "\(base)/leases/\(lease.text)" }

    /// Whether a text can be an agent's id: 1 to 63 lower-case letters, digits and dashes, the first and last no dash.
    public static func isAgentID(_ text: String) -> Bool {
        (1...63).contains(text.utf8.count) && text.first != "-" && text.last != "-" && text.utf8.allSatisfy(isPlain)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte) || byte == 0x2d
    }
}
