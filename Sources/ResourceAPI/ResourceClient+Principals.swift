/// Principals: for administrators of the server. A principal that is not there is ``ResourceError/refused`` with 404.
extension ResourceClient {
    private static let principals = "/slipway/v1/principals"

    /// `GET /slipway/v1/principals`.
    public func principals() async throws -> [PrincipalResource] {
        try await list(Self.principals, apiVersion: APIVersion.principals)
    }

    /// `GET …/ID`.
    public func principal(_ id: String) async throws -> PrincipalResource {
        try await get("\(Self.principals)/\(id)", apiVersion: APIVersion.principals)
    }

    /// `POST /slipway/v1/principals`. The answer has the secret, this once.
    public func createPrincipal(_ request: CreatePrincipalRequest) async throws -> PrincipalResource {
        try await post(Self.principals, apiVersion: APIVersion.principals, body: request)
    }

    /// `POST …/ID/rotate`. The answer has the new secret, this once.
    public func rotateSecret(of id: String, _ request: RotateSecretRequest) async throws -> PrincipalResource {
        try await post("\(Self.principals)/\(id)/rotate", apiVersion: APIVersion.principals, body: request)
    }

    /// `DELETE …/ID`.
    public func deletePrincipal(_ id: String) async throws {
        _ = try await call("DELETE", url("\(Self.principals)/\(id)", apiVersion: APIVersion.principals))
    }

    /// `POST …/ID/assign`.
    public func assign(_ role: RoleProperties, to id: String) async throws -> PrincipalResource {
        try await post("\(Self.principals)/\(id)/assign", apiVersion: APIVersion.principals, body: role)
    }

    /// `POST …/ID/unassign`.
    public func unassign(_ role: RoleProperties, from id: String) async throws -> PrincipalResource {
        try await post("\(Self.principals)/\(id)/unassign", apiVersion: APIVersion.principals, body: role)
    }
}
