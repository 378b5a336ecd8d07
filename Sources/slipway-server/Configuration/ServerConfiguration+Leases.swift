import AgentProtocol

extension SettingValues {
    /// How long agents may be out of reach.
    func leases() throws(ConfigurationError) -> LeaseTerms {
        let least = try bool("leases.allowShort") ? 2 : 45
        let duration = try duration("leases.duration", in: least...3600)
        let most = Int(duration.components.seconds) / 3
        // A shorter lease is not to fail because of a default that nobody chose.
        let renewEvery =
            isGiven("leases.renewEvery")
            ? try self.duration("leases.renewEvery", in: 1...max(1, most))
            : min(try self.duration("leases.renewEvery", in: 1...1200), .seconds(max(1, most)))
        return LeaseTerms(
            duration: duration, renewEvery: renewEvery, hold: try self.duration("leases.hold", in: 0...86_400))
    }
}
