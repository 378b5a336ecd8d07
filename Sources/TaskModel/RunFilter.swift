public import struct Foundation.Date

/// Which runs a listing or a batch cancel means. All conditions must hold.
public struct RunFilter: Sendable, Hashable {
    public enum Comparison: String, Sendable, Hashable {
        case equal = "eq"
        case notEqual = "ne"
        case greater = "gt"
        case greaterOrEqual = "ge"
        case less = "lt"
        case lessOrEqual = "le"
    }

    public enum Condition: Sendable, Hashable {
        case runID(Comparison, RunID)
        /// One of these.
        case status(Set<RunStatus>)
        case type(Comparison, RunType)
        case task(Comparison, String)
        case agentPool(Comparison, String)
        case archived(Bool)
        case createTime(Comparison, Date)
        case finishTime(Comparison, Date)
        /// `repository[:tag][@digest]` of an image that the run pushed.
        case outputImage(String)
    }

    public var conditions: [Condition]

    public init(_ conditions: [Condition] = []) {
        self.conditions = conditions
    }
}
