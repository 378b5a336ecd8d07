import GRDB
public import TaskModel

extension SQLiteRunStore {
    public func baseImages(of id: RunID) async throws -> [BaseImageRecord] {
        try await database.pool.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT baseImage.* FROM baseImage JOIN run ON run.sequence = baseImage.run
                    WHERE run.id = ? ORDER BY position
                    """, arguments: [id.text]
            ).map(baseImage)
        }
    }

    public func dependents(of image: ImageReference) async throws -> [ImageDependent] {
        try await database.pool.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT run.registry, run.task, run.id, baseImage.digest
                    FROM baseImage JOIN run ON run.sequence = baseImage.run
                    WHERE baseImage.registry = ? AND baseImage.repository = ? AND baseImage.tag = ?
                        AND baseImage.namedDigest IS NULL AND run.task IS NOT NULL AND run.status = 'Succeeded'
                        AND NOT EXISTS (
                            SELECT 1 FROM run AS later WHERE later.registry = run.registry AND later.task = run.task
                                AND later.sequence > run.sequence AND later.status = 'Succeeded')
                    ORDER BY run.sequence, baseImage.position
                    """, arguments: [image.registry, image.repository, image.tag ?? "latest"]
            ).map { row in
                guard let run = RunID(row["id"] as String) else {
                    throw StorageError.io(action: "read a base image", reason: "its run has no id")
                }
                return ImageDependent(registry: row["registry"], task: row["task"], run: run, digest: row["digest"])
            }
        }
    }

    /// Adds what the run of a lease stood on.
    func insert(_ images: [BaseImageRecord], lease: String, _ db: GRDB.Database) throws {
        for (position, base) in images.enumerated() {
            try db.execute(
                sql: """
                    INSERT INTO baseImage
                        (run, position, step, platform, registry, repository, tag, namedDigest, use, digest, source, registryDigest,
                        problem)
                    SELECT sequence, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM run WHERE lease = ?
                    """,
                arguments: [
                    position, base.step, base.platform?.description ?? "", base.image.registry, base.image.repository,
                    base.image.tag, base.image.digest, base.use.rawValue, base.digest, base.source?.rawValue,
                    base.registryDigest, base.problem?.shortened, lease,
                ])
        }
    }

    private func baseImage(_ row: Row) throws -> BaseImageRecord {
        guard let use = BaseImageRecord.Use(rawValue: row["use"]) else {
            throw StorageError.io(action: "read a base image", reason: "its row holds unknown values")
        }
        return BaseImageRecord(
            step: row["step"], platform: Platform(stored: row["platform"]),
            image: ImageReference(
                registry: row["registry"], repository: row["repository"], tag: row["tag"], digest: row["namedDigest"]),
            use: use, digest: row["digest"],
            source: (row["source"] as String?).flatMap(BaseImageRecord.Source.init(rawValue:)),
            registryDigest: row["registryDigest"], problem: row["problem"])
    }
}
