/// The id of a run: lower-case letters and digits, usable as an image tag, ever increasing (`ca1`, `ca2`, … `caz`, `ca10`).
///
/// It is the run's sequence number in base 36 behind the letters `ca`, as ACR's ids look.
public struct RunID: Sendable, Hashable {
    public let text: String

    /// - Parameter sequence: the number of the run, from 1.
    public init(sequence: Int64) {
        text = "ca" + String(max(sequence, 0), radix: 36)
    }

    /// The number of the run; nil if no number makes this id.
    public var sequence: Int64? {
        guard text.hasPrefix("ca"), let sequence = Int64(text.dropFirst(2), radix: 36),
            RunID(sequence: sequence) == self
        else { return nil }
        return sequence
    }

    /// - Returns: nil unless the text is 1 to 32 lower-case letters and digits.
    public init?(_ text: String) {
        let valid = text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7a).contains($0) }
        guard valid, (1...32).contains(text.utf8.count) else { return nil }
        self.text = text
    }
}

extension RunID: CustomStringConvertible {
    public var description: String { text }
}
