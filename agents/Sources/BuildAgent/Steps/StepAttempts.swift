import Synchronization
import TaskFiles
import TaskModel

/// The executions of one step and the attempts at each.
struct StepAttempts {
    let step: TaskGraph.Step
    let log: RunLogWriter

    /// - Parameters:
    ///   - first: the attempt to begin with, of a step without repetitions.
    ///   - attempt: given the number of the attempt, over all executions, from 1, and what its output must be
    ///   shown to.
    /// - Throws: the error of the last attempt of the execution that failed; ``ExecutionFailures`` if several did. The
    ///   others are carried out all the same.
    func run(from first: Int = 1, _ attempt: (_ number: Int, _ search: OutputSearch) async throws -> Void) async throws
    {
        var number = first - 1
        var failures: [any Error] = []
        for _ in 0...step.repetitions {
            for left in stride(from: max(0, step.retries + 1 - first), through: 0, by: -1) {
                number += 1
                let search = OutputSearch(step.retryOnErrors)
                do {
                    try await attempt(number, search)
                    break
                } catch {
                    if Task.isCancelled { throw CancellationError() }
                    guard left > 0, step.retryOnErrors.isEmpty || search.isFound else {
                        await log.line("Container failed during run: \(step.id). No retries remaining.")
                        failures.append(error)
                        break
                    }
                    await log.line(
                        "Container failed during run: \(step.id), waiting \(step.retryDelay.components.seconds) seconds before retrying..."
                    )
                    try await Task.sleep(for: step.retryDelay)
                }
            }
        }
        guard let first = failures.first else { return }
        throw failures.count > 1 ? ExecutionFailures(first: first, others: Array(failures.dropFirst())) : first
    }
}

/// Why several executions of one step failed.
struct ExecutionFailures: Error {
    let first: any Error
    let others: [any Error]
}

/// A container that ended with another code than 0, or could not be started.
struct ContainerExit: Error, CustomStringConvertible {
    let code: Int
    /// What is known besides the code.
    var reason: String?

    var description: String { "exit status \(code)" + (reason.map { ": \($0)" } ?? "") }
}

/// Why a step failed besides its program.
struct StepProblem: Error, CustomStringConvertible {
    let description: String
    let kind: RunOutcome.Failure.Kind?

    init(_ description: String, _ kind: RunOutcome.Failure.Kind? = nil) {
        self.description = description
        self.kind = kind
    }
}

/// Looks whether the output of one attempt has a text that asks for another.
final class OutputSearch: Sendable {
    private let search: Mutex<TextSearch>

    init(_ texts: [String]) {
        search = Mutex(TextSearch(texts))
    }

    var isFound: Bool { search.withLock(\.isFound) }

    func add(_ bytes: [UInt8]) {
        search.withLock { $0.add(bytes) }
    }
}

/// Looks for texts in a stream of bytes.
struct TextSearch: Sendable {
    private let texts: [[UInt8]]
    private let longest: Int
    private var tail: [UInt8] = []
    private(set) var isFound = false

    init(_ texts: [String]) {
        self.texts = texts.map { Array($0.utf8) }.filter { !$0.isEmpty }
        longest = self.texts.map(\.count).max() ?? 0
    }

    mutating func add(_ bytes: [UInt8]) {
        guard !isFound, !texts.isEmpty else { return }
        let all = tail + bytes
        isFound = texts.contains { all.firstRange(of: $0) != nil }
        tail = Array(all.suffix(longest - 1))
    }
}
