public import TaskModel

extension CreatePrincipalRequest {
    /// - Throws: ``InvalidRequest`` unless it has 1 to 100 characters, none of them a control character.
    public func checkedName() throws(InvalidRequest) -> String {
        guard (1...100).contains(displayName.count), displayName.utf8.count <= 1024,
            !RequestChecks.hasControlCharacters(displayName)
        else {
            throw InvalidRequest(
                code: "InvalidName", message: "A principal's name has 1 to 100 characters, all of them printable.",
                target: "displayName")
        }
        return displayName
    }
}

extension RoleProperties {
    /// - Parameter registries: those there are.
    /// - Throws: ``InvalidRequest``
    public func assignment(registries: [String]) throws(InvalidRequest) -> RoleAssignment {
        guard let known = Role(anyCase: role) else {
            throw InvalidRequest(
                code: "InvalidRole",
                message: "'\(role.escapedForDisplay)' is no role. "
                    + "Use one of \(Role.allCases.map(\.rawValue).joined(separator: ", ")).", target: "role")
        }
        guard let registry else { return RoleAssignment(known) }
        guard let name = registries.first(where: { $0.lowercased() == registry.lowercased() }) else {
            throw InvalidRequest(
                code: "RegistryNotFound",
                message: "There is no registry '\(registry.escapedForDisplay)'. "
                    + "Known are: \(registries.joined(separator: ", ")).", target: "registry")
        }
        return RoleAssignment(known, in: name)
    }
}

extension RotateSecretRequest {
    /// 30 days.
    public static let longestGrace = 30 * 86_400

    /// - Throws: ``InvalidRequest``
    public func grace() throws(InvalidRequest) -> Duration {
        let seconds = graceSeconds ?? 0
        guard (0...Self.longestGrace).contains(seconds) else {
            throw InvalidRequest(
                code: "InvalidParameter", message: "The old secret can go on for 0 to \(Self.longestGrace) seconds.",
                target: "graceSeconds")
        }
        return .seconds(seconds)
    }
}
