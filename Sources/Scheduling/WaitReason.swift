import TaskModel

/// Why a queued run waits, for people.
struct WaitReason: Sendable, Hashable {
    /// All there is to say.
    let text: String
    /// What of it is worth a line in the log when it changes: not the place in the queue, which changes all the time.
    let kind: String

    init(_ text: String, kind: String? = nil) {
        self.text = text
        self.kind = kind ?? text
    }
}

extension Duration {
    /// `40 s`, `3 min`, `2 h`: about how long something takes.
    var rough: String {
        let seconds = components.seconds
        return seconds < 60
            ? "\(seconds) s" : seconds < 3600 ? "\((seconds + 30) / 60) min" : "\((seconds + 1800) / 3600) h"
    }
}
