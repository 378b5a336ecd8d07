import Storage
import TaskModel

/// What a run may do at a registry: in its own it pulls and pushes for the server, elsewhere it may what whoever queued
/// it may.
struct RunPermissions {
    let principals: PrincipalStore

    func has(_ permission: Permission, _ run: Run, _ registry: Registry) async throws -> Bool {
        if run.registry.lowercased() == registry.name.lowercased() { return true }
        return try await principals.find(run.submittedBy)?.may(permission, in: registry.name) ?? false
    }
}
