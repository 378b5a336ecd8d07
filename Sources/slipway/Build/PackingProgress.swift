import Contexts
import Synchronization

/// A line on the terminal that tells how far packing and uploading are; nothing where nobody looks.
final class PackingProgress: Sendable {
    private struct State {
        var bytes: Int64 = 0
        var shownAt: ContinuousClock.Instant?
        var latest: (packed: ContextPacker.Progress, contentBytes: Int64)?
    }

    private let state = Mutex(State())
    private let isShown: Bool
    /// Often enough for the eye.
    private static let interval = Duration.milliseconds(100)

    init(isShown: Bool = Terminal.isErrorInteractive) {
        self.isShown = isShown
    }

    /// What has been packed in the end.
    var bytes: Int64 { state.withLock { $0.bytes } }

    /// Shows how much it was in the end, while the server has yet to answer.
    func finish(bytes: Int64) {
        let latest = state.withLock { state in
            state.bytes = bytes
            return state.latest
        }
        if isShown, let latest { Self.show(latest.packed, of: latest.contentBytes) }
    }

    /// - Parameter contentBytes: what the files packed so far hold.
    func show(_ progress: ContextPacker.Progress, of contentBytes: Int64) {
        guard isShown else { return }
        let now = ContinuousClock.now
        let isDue = state.withLock { state in
            state.latest = (progress, contentBytes)
            guard state.shownAt.map({ now - $0 >= Self.interval }) ?? true else { return false }
            state.shownAt = now
            return true
        }
        if isDue { Self.show(progress, of: contentBytes) }
    }

    private static func show(_ progress: ContextPacker.Progress, of contentBytes: Int64) {
        let (packed, sent) = (ByteText(contentBytes).short, ByteText(progress.bytes).short)
        Terminal.show("\r\u{1B}[KPacked \(progress.entries) entries, \(packed); sent \(sent)")
    }

    /// Shows how much of a download has come.
    func show(received: Int64, of size: Int64?) {
        guard isShown else { return }
        let now = ContinuousClock.now
        let isDue = state.withLock { state in
            guard state.shownAt.map({ now - $0 >= Self.interval }) ?? true else { return false }
            state.shownAt = now
            return true
        }
        guard isDue else { return }
        Terminal.show(
            "\r\u{1B}[KReceived \(ByteText(received).short)" + (size.map { " of \(ByteText($0).short)" } ?? ""))
    }

    func clear() {
        if state.withLock({ $0.shownAt != nil }) { Terminal.show("\r\u{1B}[K") }
    }
}

/// A number of bytes for people, in powers of 1024.
struct ByteText {
    private let value: Double
    private let unit: String

    init(_ bytes: Int64) {
        var value = Double(bytes)
        var units = ["Bytes", "KiB", "MiB"][...]
        while value >= 1024, !units.isEmpty {
            value /= 1024
            units.removeFirst()
        }
        self.value = value
        unit = units.first ?? "GiB"
    }

    /// `443.000 Bytes`, as the Azure CLI writes it.
    var threeDecimals: String { decimals(3) + " " + unit }

    /// `1.4 MiB`.
    var short: String { unit == "Bytes" ? "\(Int(value)) Bytes" : decimals(1) + " " + unit }

    private func decimals(_ count: Int) -> String {
        let scale = count == 3 ? 1000 : 10
        let total = Int((value * Double(scale)).rounded())
        let fraction = String(total % scale)
        return "\(total / scale)." + String(repeating: "0", count: count - fraction.count) + fraction
    }
}
