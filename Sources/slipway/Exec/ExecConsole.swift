import BuildAgent
import Synchronization
import TaskModel

/// Shows what a run prints: the steps on standard output, the agent on standard error.
///
/// At a terminal, lines of steps that go on at the same time carry the step; elsewhere they come as they are.
final class ExecConsole: RunConsole {
    private let isTerminal = Terminal.isOutputInteractive
    private let endsInLine = Mutex(true)

    func say(_ line: String) {
        let isMidLine = endsInLine.withLock { ends in
            defer { ends = true }
            return !ends
        }
        Terminal.say((isTerminal && isMidLine ? "\n" : "") + line)
    }

    func print(_ bytes: [UInt8], of step: String, isShared: Bool) {
        endsInLine.withLock { $0 = bytes.last == UInt8(ascii: "\n") }
        Terminal.write(isTerminal && isShared ? labelled(bytes, step) : bytes, to: 1)
    }

    private func labelled(_ bytes: [UInt8], _ step: String) -> [UInt8] {
        let label = Array("\(step.escapedForDisplay) | ".utf8)
        return bytes.split(separator: 0x0a, omittingEmptySubsequences: false).dropLast().flatMap { label + $0 + [0x0a] }
    }
}
