public import TaskModel

/// Ours: the build cache of an agent pool's daemon (`GET P/agentPools/N/cache`). Sizes are in bytes.
public struct AgentPoolCache: Codable, Sendable, Hashable {
    public var bytes: Int64?
    /// What nothing uses at the moment.
    public var reclaimableBytes: Int64?
    public var records: Int?
    public var recordsInUse: Int?
    /// The limits of the pool; missing where the daemon's own garbage collection decides.
    public var maxBytes: Int64?
    public var maxAgeSeconds: Int64?

    public init(
        bytes: Int64?, reclaimableBytes: Int64?, records: Int?, recordsInUse: Int?, maxBytes: Int64?,
        maxAgeSeconds: Int64?
    ) {
        self.bytes = bytes
        self.reclaimableBytes = reclaimableBytes
        self.records = records
        self.recordsInUse = recordsInUse
        self.maxBytes = maxBytes
        self.maxAgeSeconds = maxAgeSeconds
    }
}

/// Ours: the body of `POST P/agentPools/N/cache/prune`.
public struct AgentPoolCachePruning: Codable, Sendable, Hashable {
    /// Also the builder's own records.
    public var all: Bool?
    public var keepBytes: Int64?
    public var unusedForSeconds: Int64?

    public init(all: Bool? = nil, keepBytes: Int64? = nil, unusedForSeconds: Int64? = nil) {
        self.all = all
        self.keepBytes = keepBytes
        self.unusedForSeconds = unusedForSeconds
    }
}

/// Ours: the answer to it.
public struct PrunedAgentPoolCache: Codable, Sendable, Hashable {
    public var bytes: Int64?
    public var records: Int?

    public init(bytes: Int64?, records: Int?) {
        self.bytes = bytes
        self.records = records
    }
}

extension CachePruning {
    /// - Throws: ``InvalidRequest`` for a number below what can be.
    public init(_ wire: AgentPoolCachePruning) throws(InvalidRequest) {
        if let bytes = wire.keepBytes, bytes < 0 {
            throw InvalidRequest(
                code: "InvalidParameter", message: "\(bytes) bytes can't be kept: use 0 or more.", target: "keepBytes")
        }
        if let seconds = wire.unusedForSeconds, !(1...(1 << 32)).contains(seconds) {
            throw InvalidRequest(
                code: "InvalidParameter", message: "\(seconds) is no number of seconds for this: use 1 or more.",
                target: "unusedForSeconds")
        }
        self.init(
            isWhole: wire.all ?? false, keptBytes: wire.keepBytes,
            unusedFor: wire.unusedForSeconds.map { .seconds($0) })
    }
}
