public import TaskModel

extension DockerClient {
    /// What the build cache takes: `GET /system/df`. Daemons before API 1.42 measure everything else as well for it, so it
    /// may take a while.
    public func buildCacheUsage() async throws -> CacheUsage {
        var call = EngineCall("measure the build cache", "GET", "/system/df")
        call.query = [("type", "build-cache")]
        call.timeout = .seconds(120)
        let records = try await fetch(call, as: DiskUsage.self).buildCache ?? []
        let own = records.filter { !$0.isShared }
        return CacheUsage(
            bytes: own.reduce(0) { $0 + $1.size },
            reclaimableBytes: own.reduce(0) { $0 + ($1.isInUse ? 0 : $1.size) },
            records: records.count, recordsInUse: records.count { $0.isInUse })
    }

    /// Removes build cache: `POST /build/prune`.
    public func pruneBuildCache(_ pruning: CachePruning) async throws -> PrunedCache {
        var call = EngineCall("prune the build cache", "POST", "/build/prune")
        if pruning.isWhole { call.query.append(("all", "1")) }
        if let bytes = pruning.keptBytes { call.query.append(("keep-storage", "\(bytes)")) }
        if let unusedFor = pruning.unusedFor {
            let filters = ["until": ["\(max(1, unusedFor.components.seconds))s"]]
            call.query.append(("filters", try compactJSON(filters)))
        }
        call.timeout = .seconds(600)
        let report = try await fetch(call, as: PruneReport.self)
        return PrunedCache(bytes: report.bytes ?? 0, records: report.records?.count ?? 0)
    }
}

/// The answer of `GET /system/df`, as far as it is read.
private struct DiskUsage: Decodable {
    struct Record: Decodable {
        let size: Int64
        let isInUse: Bool
        let isShared: Bool

        private enum CodingKeys: String, CodingKey {
            case size = "Size"
            case isInUse = "InUse"
            case isShared = "Shared"
        }
    }

    let buildCache: [Record]?

    private enum CodingKeys: String, CodingKey {
        case buildCache = "BuildCache"
    }
}

/// The answer of `POST /build/prune`.
private struct PruneReport: Decodable {
    let records: [String]?
    let bytes: Int64?

    private enum CodingKeys: String, CodingKey {
        case records = "CachesDeleted"
        case bytes = "SpaceReclaimed"
    }
}
