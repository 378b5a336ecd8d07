extension RequestDocument {
    /// What every request says.
    struct Common: Codable, Sendable {
        /// Sealed, since it may hold a token as user info or a signature as its query.
        var sourceLocation: String?
        var appliesIgnoreFile: Bool
        var includeGit: Bool
        var os: String
        var architecture: String?
        var variant: String?
        var cpu: Int?
        var timeoutSeconds: Int64?
        var logTemplate: String?
        var loginMode: String
        /// By host: user name, and the sealed password.
        var credentials: [String: Login]
        /// By host; missing in requests of before there were vaults.
        var vaultLogins: [String: VaultParts]?
        /// Missing where nothing but the usual was asked for.
        var queue: QueueSettings?

        init(_ request: some CommonRequest, seal: Sealing) throws {
            sourceLocation = try request.sourceLocation.map(seal)
            appliesIgnoreFile = request.appliesIgnoreFile
            includeGit = request.includeGit
            os = request.platform.os
            architecture = request.platform.architecture
            variant = request.platform.variant
            cpu = request.cpu
            timeoutSeconds = request.timeout?.components.seconds
            logTemplate = request.logTemplate
            loginMode = request.loginMode.rawValue
            credentials = try request.customCredentials.mapValues {
                Login(username: $0.username, password: try seal($0.password.value))
            }
            queue = request.queue == QueueSettings() ? nil : request.queue
            vaultLogins = try request.vaultLogins.mapValues {
                VaultParts(username: try Part($0.username, seal: seal), password: try Part($0.password, seal: seal))
            }
        }

        var platform: Platform { Platform(os: os, architecture: architecture, variant: variant) }
        var timeout: Duration? { timeoutSeconds.map { .seconds($0) } }
        var knownLoginMode: RegistryLoginMode { RegistryLoginMode(rawValue: loginMode) ?? .default }

        func customCredentials(open: Sealing) throws -> [String: Credential] {
            try credentials.mapValues {
                Credential(username: $0.username, password: Secret(try open($0.password)))
            }
        }

        func vaultLogins(open: Sealing) throws -> [String: VaultLogin] {
            try (vaultLogins ?? [:]).mapValues {
                VaultLogin(username: try $0.username.part(open: open), password: try $0.password.part(open: open))
            }
        }
    }

    struct VaultParts: Codable, Sendable {
        var username: Part
        var password: Part
    }

    /// The location of a secret, or a sealed text.
    struct Part: Codable, Sendable {
        var vault: String?
        var sealed: String?

        init(_ part: VaultLogin.Part, seal: Sealing) throws {
            switch part {
            case .plain(let text): sealed = try seal(text.value)
            case .vault(let location): vault = location.description
            }
        }

        func part(open: Sealing) throws -> VaultLogin.Part {
            if let vault { .vault(try SecretLocation(vault)) } else { .plain(Secret(try sealed.map(open) ?? "")) }
        }
    }

    struct Login: Codable, Sendable {
        var username: String
        var password: String
    }

    /// A build argument or a value for templates.
    struct Value: Codable, Sendable {
        var name: String
        /// Of a plain one.
        var value: String?
        /// Of a secret one.
        var sealed: String?

        init(name: String, value: Secret, isSecret: Bool, seal: Sealing) throws {
            self.name = name
            if isSecret { sealed = try seal(value.value) } else { self.value = value.value }
        }

        var isSecret: Bool { sealed != nil }

        func secret(open: Sealing) throws -> Secret { Secret(try sealed.map(open) ?? value ?? "") }
    }
}
