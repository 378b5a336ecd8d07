import Synchronization

/// Work at forges that several take turns at: each piece once at a time, and of one forge only so much that others are never held up by one
/// that does not answer.
final class ForgeQueue<Item: Sendable>: Sendable {
    struct Piece: Sendable {
        let id: String
        /// Whom it asks.
        let forge: String
        let item: Item
    }

    private struct State {
        var waiting: [Piece] = []
        /// Of what waits or is under way.
        var ids: Set<String> = []
        var busy: [String: Int] = [:]
    }

    private let state = Mutex(State())
    private let most: Int

    /// - Parameter most: how much is done at one forge at once.
    init(most: Int = 4) {
        self.most = most
    }

    /// Adds what does not wait yet and is not under way.
    func offer(_ pieces: [Piece]) {
        state.withLock { state in
            for piece in pieces where state.ids.insert(piece.id).inserted { state.waiting.append(piece) }
        }
    }

    /// The first whose forge is free; it is to be given back to ``finish(_:)``.
    func take() -> Piece? {
        state.withLock { state in
            guard let index = state.waiting.firstIndex(where: { state.busy[$0.forge, default: 0] < most }) else {
                return nil
            }
            let piece = state.waiting.remove(at: index)
            state.busy[piece.forge, default: 0] += 1
            return piece
        }
    }

    func finish(_ piece: Piece) {
        state.withLock { state in
            state.ids.remove(piece.id)
            let left = state.busy[piece.forge, default: 1] - 1
            state.busy[piece.forge] = left > 0 ? left : nil
        }
    }
}
