/// Sees what a run prints as it comes: what its steps print, and what the agent says about them.
public protocol RunConsole: Sendable {
    /// A line of the agent, with its time, without line end. Secrets are masked.
    func say(_ line: String)

    /// Output of a step, secrets masked, line ends as they came.
    ///
    /// - Parameter isShared: whether other steps may print at the same time; then these are whole lines.
    func print(_ bytes: [UInt8], of step: String, isShared: Bool)
}
