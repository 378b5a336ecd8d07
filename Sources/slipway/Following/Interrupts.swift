import Dispatch
import Glibc
import Synchronization

/// What Ctrl-C does, and other signals where that is asked for.
///
/// While one of these lives, the first is handed to whoever follows the run, and the second ends the program.
final class Interrupts: Sendable {
    private let presses = Presses()
    // Made in init and cancelled in deinit; nothing else touches them.
    private nonisolated(unsafe) let sources: [any DispatchSourceSignal]
    /// One element, for the first Ctrl-C.
    let first: AsyncStream<Void>

    /// Returns once a Ctrl-C is seen. Dispatch listens a moment after it was told to, and what is pressed until then is
    /// ignored for good.
    init(signals: [Int32] = [SIGINT]) async {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        first = stream
        sources = signals.map { number in
            signal(number, SIG_IGN)
            return DispatchSource.makeSignalSource(signal: number, queue: .global())
        }
        for source in sources {
            source.setEventHandler { [presses] in
                if presses.isFirst() { continuation.yield() } else { presses.leave() }
            }
            await withCheckedContinuation { continuation in
                source.setRegistrationHandler { continuation.resume() }
                source.resume()
            }
        }
    }

    deinit {
        for source in sources {
            source.cancel()
            signal(Int32(source.handle), SIG_DFL)
        }
    }

    /// What to say when the second one ends the program.
    func leave(saying message: String) {
        presses.setLastWords(message)
    }
}

private final class Presses: Sendable {
    private struct State {
        var count = 0
        var lastWords = ""
    }

    private let state = Mutex(State())

    func setLastWords(_ text: String) {
        state.withLock { $0.lastWords = text }
    }

    func isFirst() -> Bool {
        state.withLock { state in
            state.count += 1
            return state.count == 1
        }
    }

    func leave() -> Never {
        Terminal.say("\n" + state.withLock { $0.lastWords })
        _exit(ExitStatus.interrupted.rawValue)
    }
}
