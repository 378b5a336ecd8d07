import Synchronization

/// Answers given one after another; the last one for ever.
final class Answers: Sendable {
    private let left: Mutex<[HTTPStub.Response]>

    init(_ answers: [HTTPStub.Response]) {
        left = Mutex(answers)
    }

    func next() -> HTTPStub.Response {
        left.withLock { $0.count > 1 ? $0.removeFirst() : $0.first ?? HTTPStub.Response(status: 500) }
    }
}
