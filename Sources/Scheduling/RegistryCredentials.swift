public import TaskModel

/// Makes what a run logs in with at registries that this server stands in front of: for that run alone, and for a while.
public protocol RegistryCredentials: Sendable {
    /// Whether a run may do that at a registry. In its own it may; elsewhere it is for whoever queued it to say.
    func may(_ permission: Permission, _ run: Run, _ registry: Registry) async throws -> Bool

    /// What pulls from a registry while the run goes on; nil if the run may not.
    ///
    /// - Parameter duration: how long it must be good for.
    func pullCredential(for run: Run, at registry: Registry, lasting duration: Duration) async throws -> Credential?

    /// What pushes to one repository besides; nil if the run may not.
    func pushCredential(for run: Run, to repository: String, at registry: Registry) async throws -> Credential?
}
