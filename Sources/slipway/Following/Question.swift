import Dispatch

/// A question at the terminal.
enum Question {
    /// Reads a line on a thread that may block: only `y` and `yes` are yes.
    static func isAnsweredYes() async -> Bool {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(returning: ["y", "yes"].contains(readLine()?.lowercased() ?? ""))
            }
        }
    }
}
