/// The values of `api-version` that our client sends. The server takes any.
public enum APIVersion {
    /// Runs, builds, uploads.
    public static let runs = "2025-03-01-preview"
    /// The registry itself.
    public static let registries = "2026-09-01-preview"
    /// `GET /subscriptions/S/resources`.
    public static let resources = "2024-11-01"
    /// `GET /subscriptions`.
    public static let subscriptions = "2022-12-01"
    /// `/slipway/v1/principals`.
    public static let principals = "1"
    /// `P/secrets`.
    public static let secrets = "1"
    /// `P/registryHooks`.
    public static let registryHooks = "1"
    /// `P/notifications`.
    public static let notifications = "1"
    /// `GET /metadata/endpoints`.
    public static let metadata = "2022-09-01"
}
