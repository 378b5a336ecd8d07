public import struct Foundation.Date

/// What a client learns about this cloud: `GET /metadata/endpoints`.
public struct CloudMetadata: Codable, Sendable, Hashable {
    public struct Authentication: Codable, Sendable, Hashable {
        /// Ends in `/adfs`, so that clients don't ask the vendor's public hosts about it.
        public var loginEndpoint: String
        public var audiences: [String]
        public var tenant: String
        public var identityProvider: String
    }

    /// The Azure CLI stops at registry commands without the first, and at credentials of tasks without the second.
    public struct Suffixes: Codable, Sendable, Hashable {
        public var acrLoginServer: String
        public var keyVaultDns: String
        public var storage: String
    }

    public var name: String
    public var resourceManager: String
    public var authentication: Authentication
    public var suffixes: Suffixes

    /// - Parameters:
    ///   - server: `https://host[:port]` as the client reached it, without a slash at the end.
    ///   - domain: what the three suffixes are made from, `slipway.internal`, say.
    public init(name: String, server: String, tenant: String, domain: String) {
        self.name = name
        resourceManager = server
        authentication = Authentication(
            loginEndpoint: server + "/adfs", audiences: [server + "/"], tenant: tenant, identityProvider: "ADFS")
        suffixes = Suffixes(
            acrLoginServer: ".acr." + domain, keyVaultDns: ".vault." + domain, storage: "storage." + domain)
    }
}

/// `GET /adfs/.well-known/openid-configuration` and `GET /TENANT/v2.0/.well-known/openid-configuration`.
public struct OpenIDConfiguration: Codable, Sendable, Hashable {
    public var issuer: String
    public var authorizationEndpoint: String
    public var tokenEndpoint: String
    public var jwksURI: String?

    private enum CodingKeys: String, CodingKey {
        case issuer
        case authorizationEndpoint = "authorization_endpoint"
        case tokenEndpoint = "token_endpoint"
        case jwksURI = "jwks_uri"
    }

    public init(issuer: String, authorizationEndpoint: String, tokenEndpoint: String, jwksURI: String? = nil) {
        self.issuer = issuer
        self.authorizationEndpoint = authorizationEndpoint
        self.tokenEndpoint = tokenEndpoint
        self.jwksURI = jwksURI
    }

    /// - Parameter server: `https://host[:port]`, without a slash at the end.
    public init(server: String) {
        self.init(
            issuer: server + "/adfs", authorizationEndpoint: server + "/adfs/oauth2/authorize",
            tokenEndpoint: server + "/adfs/oauth2/token")
    }

    /// For a login endpoint without `/adfs`.
    public init(server: String, tenant: String) {
        let base = server + "/" + tenant
        self.init(
            issuer: base + "/v2.0", authorizationEndpoint: base + "/oauth2/v2.0/authorize",
            tokenEndpoint: base + "/oauth2/v2.0/token")
    }
}

/// The answer of `POST /adfs/oauth2/token` (RFC 6749, section 5.1).
public struct TokenAnswer: Codable, Sendable, Hashable {
    public var tokenType: String
    /// In seconds from now.
    public var expiresIn: Int
    public var accessToken: String

    private enum CodingKeys: String, CodingKey {
        case tokenType = "token_type"
        case expiresIn = "expires_in"
        case accessToken = "access_token"
    }

    public init(accessToken: String, expiresIn: Int, tokenType: String = "Bearer") {
        self.accessToken = accessToken
        self.expiresIn = expiresIn
        self.tokenType = tokenType
    }
}

/// The answer of `GET /msi`, as managed identities are given tokens.
public struct ManagedIdentityAnswer: Codable, Sendable, Hashable {
    public var accessToken: String
    /// Seconds since 1970, as a text.
    public var expiresOn: String
    public var resource: String
    public var tokenType: String

    private enum CodingKeys: String, CodingKey {
        case accessToken = "access_token"
        case expiresOn = "expires_on"
        case resource
        case tokenType = "token_type"
    }

    public init(accessToken: String, expiry: Date, resource: String) {
        self.accessToken = accessToken
        expiresOn = String(Int64(expiry.timeIntervalSince1970))
        self.resource = resource
        tokenType = "Bearer"
    }
}

/// A refusal of the token endpoint (RFC 6749, section 5.2). Answer it with 401: clients keep a 400 for a minute.
public struct TokenError: Codable, Sendable, Hashable {
    /// `invalid_client`, `unsupported_grant_type` and the like.
    public var error: String
    public var errorDescription: String
    public var errorCodes: [Int]?

    private enum CodingKeys: String, CodingKey {
        case error
        case errorDescription = "error_description"
        case errorCodes = "error_codes"
    }

    public init(error: String, errorDescription: String, errorCodes: [Int]? = nil) {
        self.error = error
        self.errorDescription = errorDescription
        self.errorCodes = errorCodes
    }

    /// The client id or secret is wrong.
    public static let invalidClient = TokenError(
        error: "invalid_client", errorDescription: "The client id or the client secret is wrong.",
        errorCodes: [7_000_215])

    public static let unsupportedGrantType = TokenError(
        error: "unsupported_grant_type", errorDescription: "Only grant_type=client_credentials is supported.",
        errorCodes: [70003])

    public static let invalidScope = TokenError(
        error: "invalid_scope",
        errorDescription: """
            The server gives tokens for itself (https://SERVER//.default) and for registries \
            (https://containerregistry.azure.net/.default), for nothing else.
            """, errorCodes: [70011])

    /// Too many logins with a wrong secret. Answer it with 429.
    public static let tooManyFailures = TokenError(
        error: "temporarily_unavailable",
        errorDescription: "Too many logins have failed. Wait a minute, then try again with the right secret.",
        errorCodes: [50196])
}
