import BuildAgent
import Foundation
import ResourceAPI
import TaskModel

/// What `slipway exec --json-result` writes.
struct ExecResult: Encodable {
    struct Failure: Encodable {
        let step: String?
        let exitCode: Int?
        /// `timeout`, `scan`, `push` or `volume`.
        let kind: String?
        let message: String
    }

    struct Step: Encodable {
        let id: String
        let status: String
        let launches: Int
        let exitCode: Int?
        let startedAt: Date?
        let finishedAt: Date?
        let vertices: [BuildVertexProperties]?

        /// With null for what is not known; without vertices for a step that builds nothing.
        func encode(to encoder: any Encoder) throws {
            var members = encoder.container(keyedBy: CodingKeys.self)
            try members.encode(id, forKey: .id)
            try members.encode(status, forKey: .status)
            try members.encode(launches, forKey: .launches)
            try members.encode(exitCode, forKey: .exitCode)
            try members.encode(startedAt, forKey: .startedAt)
            try members.encode(finishedAt, forKey: .finishedAt)
            try members.encodeIfPresent(vertices, forKey: .vertices)
        }

        private enum CodingKeys: String, CodingKey {
            case id, status, launches, exitCode, startedAt, finishedAt, vertices
        }
    }

    /// `succeeded`, `failed`, `canceled`, `timeout` or `error`.
    let status: String
    let error: Failure?
    let steps: [Step]
    let pushed: [String]
    let dependencies: [ImageDependencies]
    let baseImages: [BaseImageProperties]

    init(_ ending: LocalRun.Ending) {
        let outcome = ending.outcome
        status = outcome.status.rawValue.lowercased()
        error = outcome.message.map { message in
            Failure(
                step: outcome.failure?.step, exitCode: outcome.failure?.exitCode,
                kind: outcome.failure?.kind?.rawValue, message: message)
        }
        steps = ending.steps.map { step in
            Step(
                id: step.id, status: step.status.rawValue, launches: step.launches, exitCode: step.exitCode,
                startedAt: step.startTime, finishedAt: step.finishTime,
                vertices: RunStepProperties(step, builds: ending.builds).vertices)
        }
        pushed = outcome.outputImages.map {
            ImageReference(registry: $0.registry, repository: $0.repository, tag: $0.tag).description
        }
        dependencies = outcome.dependencies
        baseImages = outcome.baseImages.map { BaseImageProperties($0) }
    }

    var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            encoder.dateEncodingStrategy = .custom { date, encoder in
                var container = encoder.singleValueContainer()
                try container.encode(
                    date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true, timeZone: .gmt)))
            }
            return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
        }
    }
}
