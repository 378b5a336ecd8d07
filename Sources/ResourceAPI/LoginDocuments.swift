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
}
