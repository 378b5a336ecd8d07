import Foundation
import TaskModel

/// The steps and bases of a classic build, read out of its lines.
struct ClassicSteps {
    /// All as far as they have come: a step ends where the next one begins.
    private(set) var vertices: [BuildVertex] = []
    private(set) var bases: [BaseImage] = []
    /// The last one that began, as in `FROM busybox AS base`.
    private(set) var instruction: String?
    private var stages: Set<String> = []
    /// The last `Digest:` line of a pull.
    private var pulledDigest: String?
    /// Nothing has been said since the step began.
    private var isFresh = false

    /// Reads `Step 1/2 : FROM busybox AS base` and ` ---> Using cache`.
    ///
    /// - Returns: whether a step has changed.
    mutating func read(_ text: String, at now: Date) -> Bool {
        if let (number, total, instruction) = Self.header(text), number == vertices.count + 1 {
            end(.successful, at: now)
            self.instruction = instruction
            noteImages(of: instruction)
            vertices.append(
                BuildVertex(
                    position: number - 1, number: number, name: "[\(number)/\(total)] \(instruction)", status: .running,
                    startTime: now))
            isFresh = true
            return true
        }
        guard text.contains(where: { !$0.isWhitespace }) else { return false }
        // Later it can only be what a program prints.
        defer { isFresh = false }
        guard isFresh, text.hasPrefix(" ---> Using cache") else { return false }
        end(.cached, at: now)
        return true
    }

    /// Reads what a pull says at its end: `Digest: sha256:…`, then `Status: Downloaded newer image for busybox:1`.
    mutating func read(pull status: String) {
        if status.hasPrefix("Digest: ") {
            pulledDigest = String(status.dropFirst("Digest: ".count))
        } else if status.hasPrefix("Status: "), let digest = pulledDigest,
            let name = status.split(separator: " ").last.map(String.init)
        {
            pulledDigest = nil
            if let index = bases.lastIndex(where: { Self.isSame($0.reference, name) }) {
                bases[index] = BaseImage(reference: bases[index].reference, digest: digest)
            }
        }
    }

    /// The build is over.
    mutating func finish(failure: String?, at now: Date) {
        end(failure == nil ? .successful : .failed, error: failure, at: now)
    }

    private mutating func end(_ status: BuildVertex.Status, error: String? = nil, at now: Date) {
        guard let index = vertices.indices.last, vertices[index].status == .running else { return }
        vertices[index].status = status
        vertices[index].error = error
        vertices[index].finishTime = now
        vertices[index].seconds = vertices[index].startTime.map { max(0, now.timeIntervalSince($0)) }
    }

    private static func header(_ text: String) -> (number: Int, total: Int, instruction: String)? {
        guard let match = text.prefixMatch(of: /Step (\d+)\/(\d+) : ([^\n]*)/), let number = Int(match.1),
            let total = Int(match.2)
        else { return nil }
        return (number, total, String(match.3))
    }

    private mutating func noteImages(of instruction: String) {
        let words = instruction.split(separator: " ").map(String.init)
        guard let keyword = words.first?.uppercased() else { return }
        let arguments = words.dropFirst().filter { !$0.hasPrefix("--") }
        let prefix = "--from="
        switch keyword {
        case "FROM":
            if let name = arguments.first { note(name) }
            if arguments.count == 3 { stages.insert(arguments[2].lowercased()) }
        case "COPY":
            if let flag = words.first(where: { $0.hasPrefix(prefix) }) {
                let name = String(flag.dropFirst(prefix.count))
                // A number is that of a stage.
                if Int(name) == nil { note(name) }
            }
        default: break
        }
    }

    private mutating func note(_ name: String) {
        guard name != "scratch", !stages.contains(name.lowercased()), !bases.contains(where: { $0.reference == name })
        else { return }
        bases.append(BaseImage(reference: name, digest: nil))
    }

    private static func isSame(_ left: String, _ right: String) -> Bool {
        // An odd name is the same as none.
        guard let left = try? ImageReference(left), let right = try? ImageReference(right) else { return false }
        return left.registry == right.registry && left.repository == right.repository
            && left.reference == right.reference
    }
}
