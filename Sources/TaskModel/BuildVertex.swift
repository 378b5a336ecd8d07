public import struct Foundation.Date

/// A vertex of a build's graph as it happened: a step of the Dockerfile, or one of the builder's own such as a transfer
/// or an export. The classic builder has the steps alone.
public struct BuildVertex: Sendable, Hashable, Codable {
    public enum Status: String, Sendable, Hashable, Codable {
        /// Known, not begun.
        case waiting
        case running
        case successful
        /// Its result was there already.
        case cached
        case failed
        /// Was running when another vertex failed, or the build was broken off.
        case interrupted
        /// Never began.
        case skipped
    }

    /// The most that are kept of one run.
    public static let mostPerRun = 1000

    /// The order in which they came up, from 0: tells the vertexes of one build apart.
    public let position: Int
    /// The number before its lines in the log (`#5`); nil if it was not printed.
    public var number: Int?
    /// As the builder names it: `[stage 2/3] RUN make`.
    public var name: String
    public var status: Status
    /// Why it failed, for people.
    public var error: String?
    public var startTime: Date?
    /// Of its last end: a vertex may begin again, once to be looked up in the cache and once to be carried out.
    public var finishTime: Date?
    /// How long it took, without pauses between; nil while it has not ended.
    public var seconds: Double?
    /// What it transferred; nil if it tells of no transfer.
    public var bytes: Int64?

    public init(
        position: Int, number: Int? = nil, name: String, status: Status = .waiting, error: String? = nil,
        startTime: Date? = nil, finishTime: Date? = nil, seconds: Double? = nil, bytes: Int64? = nil
    ) {
        self.position = position
        self.number = number
        self.name = name
        self.status = status
        self.error = error
        self.startTime = startTime
        self.finishTime = finishTime
        self.seconds = seconds
        self.bytes = bytes
    }

    /// Whether it is a step of the Dockerfile that the cache can spare: not a base image, and none of the builder's own.
    public var isStep: Bool { Self.isStep(named: name) }

    /// `[2/3] COPY …` and `[stage 2/3] COPY …` are; `[internal] …`, `[1/3] FROM …` and `exporting to image` are not.
    public static func isStep(named name: String) -> Bool {
        guard name.hasPrefix("["), let close = name.firstIndex(of: "]") else { return false }
        let count = name[..<close].drop { $0 == "[" }.split(separator: " ").last ?? ""
        let numbers = count.split(separator: "/", omittingEmptySubsequences: false)
        let instruction = name[name.index(after: close)...].drop { $0 == " " }.prefix { $0 != " " }
        return numbers.count == 2 && numbers.allSatisfy { Int($0) != nil } && instruction.uppercased() != "FROM"
    }
}

/// Vertexes of one build of a run.
public struct BuildVertices: Sendable, Hashable, Codable {
    /// The run's step that builds.
    public let step: String
    /// What it builds for, where the step builds for several; nil otherwise.
    public var platform: Platform?
    /// Which build of the step it is, from 1: those of earlier ones are forgotten.
    public let attempt: Int
    public var vertices: [BuildVertex]
    /// How many vertexes of the step are not kept, because the run has more than ``BuildVertex/mostPerRun``.
    public var omitted: Int

    public init(step: String, platform: Platform? = nil, attempt: Int, vertices: [BuildVertex], omitted: Int = 0) {
        self.step = step
        self.platform = platform
        self.attempt = attempt
        self.vertices = vertices
        self.omitted = omitted
    }
}

extension [BuildVertices] {
    /// Takes over what is told of one build: vertexes in the place of those of the same position, all in the place of an
    /// earlier attempt.
    public mutating func add(_ batch: BuildVertices) {
        guard let index = firstIndex(where: { $0.step == batch.step && $0.platform == batch.platform }) else {
            append(batch)
            return
        }
        guard batch.attempt >= self[index].attempt else { return }
        var batch = batch
        if batch.attempt == self[index].attempt {
            let told = Set(batch.vertices.map(\.position))
            batch.vertices += self[index].vertices.filter { !told.contains($0.position) }
            batch.vertices.sort { $0.position < $1.position }
        }
        self[index] = batch
    }
}
