public import TaskModel

/// Runs that trust each other with what their builds leave in a daemon's cache. Builds of different domains share neither
/// results of `RUN` nor cache mounts.
public struct CacheDomain: Sendable, Hashable {
    /// A DNS label: lower-case letters, digits and dashes, the same after each restart.
    public let text: String

    init(text: String) {
        self.text = text
    }

    /// That of a registry's runs.
    ///
    /// - Parameter name: letters and digits.
    public init(registry name: String) {
        text = "registry-" + name.lowercased()
    }

    /// That of one run alone, which trusts and is trusted by no other.
    public init(run: RunID) {
        text = "run-" + run.text
    }
}

extension CacheDomain: CustomStringConvertible {
    public var description: String { text }
}
