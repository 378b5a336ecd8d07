import Dispatch

/// A question at the terminal.
enum Question {
    /// Whether something that can't be undone is to be done.
    ///
    /// - Parameter isSaid: whether the command line says yes already.
    /// - Throws: ``CommandError/nobodyToAsk`` if there is no terminal.
    static func isConfirmed(_ question: String, unless isSaid: Bool) async throws -> Bool {
        if isSaid { return true }
        guard Terminal.isInputInteractive, Terminal.isErrorInteractive else { throw CommandError.nobodyToAsk(question) }
        Terminal.show("\(question) [y/N] ")
        return await isAnsweredYes()
    }

    /// Reads a line on a thread that may block: only `y` and `yes` are yes.
    static func isAnsweredYes() async -> Bool {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(returning: ["y", "yes"].contains(readLine()?.lowercased() ?? ""))
            }
        }
    }
}
