import Foundation

/// The file by which an agent shows that it lives to the ``Watchdog`` beside it.
public struct LifeSign: Sendable {
    static let every = Duration.seconds(5)

    private let path: String

    /// - Parameter directory: the agent's own, which exists.
    public init(in directory: String) {
        path = directory + "/alive"
    }

    /// Gives the sign until the task is canceled.
    func keep() async {
        while !Task.isCancelled {
            give()
            try? await Task.sleep(for: Self.every)  // canceled: the loop ends
        }
    }

    /// The agent has nothing left to be looked after.
    func end() {
        unlink(path)
    }

    /// What fails here is a sign that is not given.
    func give() {
        var number = UInt64.random(in: .min ... .max)
        let descriptor = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        pwrite(descriptor, &number, MemoryLayout.size(ofValue: number), 0)
        close(descriptor)
    }

    /// Another value each time that the sign was given; nil while there is no agent.
    ///
    /// A number and no time: clocks may be set.
    func read() -> UInt64? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var number: UInt64 = 0
        guard pread(descriptor, &number, MemoryLayout.size(ofValue: number), 0) == MemoryLayout.size(ofValue: number)
        else { return nil }
        return number
    }
}
