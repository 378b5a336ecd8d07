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
        var lines = bytes.split(separator: 0x0a, omittingEmptySubsequences: false)
        // After the last line end there is nothing; a long line comes in pieces without one.
        let endsInLine = lines.last?.isEmpty == true
        if endsInLine { lines.removeLast() }
        return lines.enumerated().flatMap { index, line in
            label + line + (index < lines.count - 1 || endsInLine ? [0x0a] : [])
        }
    }
}
