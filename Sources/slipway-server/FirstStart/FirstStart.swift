import FoundationEssentials
import TaskModel

/// What a server needs before it serves, made at the first start and found again at the later ones.
struct FirstStart: Sendable {
    let identity: ServerIdentity
    let keys: ServerKeys
    /// The administrator's login, as it stands in ``LocalClient/file``. Keep its hash at each start: should a start end
    /// between the writing of that file and that of the hash, the next one mends it.
    let administrator: Credential
    /// Whether the secret was made just now and is to be shown, this once.
    let isNewSecret: Bool
    let certificate: CertificateFiles
    /// PEM file that clients have to trust.
    let caFile: String
    /// When the server's own certificate ends; nil for one that the administrator brought.
    let certificateEnd: Date?

    /// Makes what is missing in the data folder.
    ///
    /// Removing `local-client.json` and starting again gives the administrator a new secret.
    ///
    /// - Throws: ``DataDirectoryError``
    init(in directory: DataDirectory, configuration: ServerConfiguration, now: Date = Date()) throws {
        let known = try ServerIdentity.read(from: directory)
        // The identity is written last: that it is there means that the keys were.
        keys = try ServerKeys(in: directory, isFirstStart: known == nil)
        identity = try known ?? ServerIdentity.make(in: directory)

        if let own = configuration.tls.own {
            certificate = own
            // Clients that trust the certificate itself need not know its authority.
            caFile = own.certificate
            certificateEnd = nil
        } else {
            let made = try CertificateAuthority(in: directory)
                .certificate(for: CertificateNames(for: configuration), now: now)
            certificate = made.files
            caFile = made.caFile
            certificateEnd = made.notAfter
        }

        let present = try LocalClient.read(from: directory)
        let secret = present?.clientSecret ?? Secret(base64URL(randomBytes(32)))
        isNewSecret = present == nil
        administrator = Credential(username: identity.administrator, password: secret)
        let client = LocalClient(
            server: configuration.publicURL, tenant: identity.tenant, clientID: identity.administrator,
            clientSecret: secret,
            caFile: caFile, registry: configuration.registries[0].name)
        if client != present { try client.write(to: directory) }
    }
}

/// Base64 with the letters for URLs and without padding (RFC 4648 section 5).
func base64URL(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
}
