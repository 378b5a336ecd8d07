import Foundation
import SwiftProtobuf
import TaskModel

@testable import DockerEngine

/// Prints what messages of a trace tell, and keeps what they say of vertexes and bases.
func traceProblem(_ input: [UInt8]) -> String? {
    var plain = PlainProgress()
    var changes = VertexChanges()
    var printed: [UInt8] = []
    var told: Set<Int> = []
    var rest = input[...]
    var now = 0.0
    while let high = rest.popFirst(), let low = rest.popFirst() {
        let message = rest.prefix(Int(high) << 8 | Int(low))
        rest = rest.dropFirst(message.count)
        // What is no message breaks a build off.
        guard let update = try? WireStatusResponse(serializedBytes: Array(message)) else { break }
        plain.apply(update, now: now)
        printed += plain.render(now: now)
        for vertex in changes.take(from: plain) {
            told.insert(vertex.position)
            for time in [vertex.startTime, vertex.finishTime].compactMap(\.self) where !isStored(time) {
                return "a time that can't be stored: \(time)"
            }
            if let bytes = vertex.bytes, bytes <= 0 { return "\(bytes) bytes" }
        }
        now += 0.5
    }
    printed += plain.finish()
    let progress = plain.progress
    if told != Set(progress.vertices.indices) { return "vertexes that are not told of" }
    if let last = printed.last, last != 0x0a { return "the last line has no end" }
    let bases = progress.baseImages
    if Set(bases.map(\.reference)).count != bases.count { return "a base that is told of twice" }
    return bases == progress.baseImages && progress.frontend == progress.frontend ? nil : "a second reading differs"
}

private func isStored(_ time: Date) -> Bool { Int64(exactly: (time.timeIntervalSince1970 * 1000).rounded()) != nil }
