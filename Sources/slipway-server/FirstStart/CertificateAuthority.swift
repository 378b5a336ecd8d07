import Crypto
import FoundationEssentials
import SwiftASN1
import TaskModel
import X509

/// The server's own certificate authority, and the certificate it gives to the server.
///
/// Both are made when first asked for and kept in the data folder's `tls`. P-256 with SHA-256; the authority is good
/// for ten years, the server's certificate for one (RFC 5280).
struct CertificateAuthority {
    static let caFile = "tls/ca.pem"
    static let caKeyFile = "tls/ca.key"
    static let certificateFile = "tls/server.pem"
    static let keyFile = "tls/server.key"

    private static let day: TimeInterval = 24 * 3600
    private static let lifeOfAuthority = 3652 * day
    private static let lifeOfCertificate = 365 * day
    /// What is left of a certificate when a new one is made.
    private static let reserve = 30 * day
    /// Certificates begin earlier than now: clocks of clients may be behind.
    private static let headStart: TimeInterval = 2 * 3600

    private let directory: DataDirectory

    init(in directory: DataDirectory) {
        self.directory = directory
    }

    /// The server's certificate, made anew if there is none for these names, or fewer than 30 days are left of it.
    ///
    /// May be called again while the server runs, to go on with a new certificate in time.
    ///
    /// - Throws: ``DataDirectoryError``. An authority that is damaged is not replaced, as clients trust it.
    func certificate(for names: CertificateNames, now: Date = Date()) throws -> ServerCertificate {
        let authority = try authority(now: now)
        if let current = try current(of: authority.certificate, for: names, now: now) {
            return result(current, isNew: false)
        }
        let certificate = try issue(for: names, by: authority, now: now)
        return result(certificate, isNew: true)
    }

    private func result(_ certificate: Certificate, isNew: Bool) -> ServerCertificate {
        ServerCertificate(
            files: CertificateFiles(
                certificate: directory.path(Self.certificateFile), key: directory.path(Self.keyFile)),
            caFile: directory.path(Self.caFile), notAfter: certificate.notValidAfter, isNew: isNew)
    }

    // MARK: The authority

    private struct Authority {
        let certificate: Certificate
        /// Nil if the key is kept elsewhere: then what is there can be used, but nothing new be made.
        let key: Certificate.PrivateKey?
    }

    private func authority(now: Date) throws -> Authority {
        guard let bytes = try directory.read(Self.caFile) else { return try makeAuthority(now: now) }
        let advice = """
            put \(Self.caFile) and \(Self.caKeyFile) back from a backup, or remove both: the server then makes a new \
            authority, which clients have to be told to trust
            """
        let file = directory.path(Self.caFile)
        do {
            let certificate = try certificates(pem: String(decoding: bytes, as: UTF8.self), path: file)[0]
            let key = try directory.read(Self.caKeyFile).map {
                try privateKey(pem: String(decoding: $0, as: UTF8.self))
            }
            guard key.map({ $0.publicKey == certificate.publicKey }) ?? true else {
                throw FileError(path: file, reason: "its key is another one")
            }
            guard certificate.notValidAfter > now.addingTimeInterval(Self.reserve) else {
                return try makeAuthority(now: now)
            }
            return Authority(certificate: certificate, key: key)
        } catch let error as DataDirectoryError {
            throw error
        } catch {
            throw DataDirectoryError.damaged(file, reason: "\((error as? FileError)?.reason ?? "\(error)"); \(advice)")
        }
    }

    private func makeAuthority(now: Date) throws -> Authority {
        let key = P256.Signing.PrivateKey()
        let signer = Certificate.PrivateKey(key)
        // Authorities of several servers in one list of trusted ones are told apart by name.
        let mark = SymmetricKey(size: .bits128).withUnsafeBytes { $0.prefix(4).hexadecimal }
        let name = try DistinguishedName {
            OrganizationName("Slipway")
            CommonName("Slipway CA \(mark)")
        }
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: signer.publicKey,
            notValidBefore: now.addingTimeInterval(-Self.headStart),
            notValidAfter: now.addingTimeInterval(Self.lifeOfAuthority),
            issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                SubjectKeyIdentifier(hash: signer.publicKey)
            },
            issuerPrivateKey: signer)
        // The key first: a certificate is only there together with its key, also after a crash in between.
        try directory.write(Array(key.pemRepresentation.utf8) + [newline], to: Self.caKeyFile)
        try directory.write(try pem(certificate), to: Self.caFile)
        return Authority(certificate: certificate, key: signer)
    }

    // MARK: The server's certificate

    /// The certificate that is there, if it will do.
    private func current(of authority: Certificate, for names: CertificateNames, now: Date) throws -> Certificate? {
        guard let bytes = try directory.read(Self.certificateFile), let keyBytes = try directory.read(Self.keyFile)
        else {
            return nil
        }
        // What can't be read is replaced: nobody trusts this certificate but through its authority.
        guard
            let certificate = try? certificates(
                pem: String(decoding: bytes, as: UTF8.self), path: Self.certificateFile)[0],
            let key = try? privateKey(pem: String(decoding: keyBytes, as: UTF8.self)),
            key.publicKey == certificate.publicKey,
            certificate.issuer == authority.subject,
            authority.publicKey.isValidSignature(certificate.signature, for: certificate),
            let present = try? CertificateNames(of: certificate), present == names,
            certificate.notValidBefore <= now, certificate.notValidAfter > now.addingTimeInterval(Self.reserve)
        else { return nil }
        return certificate
    }

    private func issue(for names: CertificateNames, by authority: Authority, now: Date) throws -> Certificate {
        guard let signer = authority.key else {
            throw DataDirectoryError.damaged(
                directory.path(Self.caKeyFile),
                reason:
                    "it is missing, and the server needs a new certificate; put it back, or remove \(Self.caFile) too")
        }
        let key = P256.Signing.PrivateKey()
        let publicKey = Certificate.PublicKey(key.publicKey)
        let end = min(now.addingTimeInterval(Self.lifeOfCertificate), authority.certificate.notValidAfter)
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: publicKey,
            notValidBefore: now.addingTimeInterval(-Self.headStart), notValidAfter: end,
            issuer: authority.certificate.subject,
            subject: try DistinguishedName {
                OrganizationName("Slipway")
                CommonName("slipway-server")
            },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth])
                SubjectAlternativeNames(names.generalNames)
                SubjectKeyIdentifier(hash: publicKey)
                AuthorityKeyIdentifier(
                    keyIdentifier: try authority.certificate.extensions.subjectKeyIdentifier?.keyIdentifier)
            },
            issuerPrivateKey: signer)
        // A crash between these two leaves a pair that does not match, and so makes a new one at the next start.
        try directory.write(Array(key.pemRepresentation.utf8) + [newline], to: Self.keyFile)
        try directory.write(try pem(certificate) + pem(authority.certificate), to: Self.certificateFile)
        return certificate
    }

    private func pem(_ certificate: Certificate) throws -> [UInt8] {
        Array(try certificate.serializeAsPEM().pemString.utf8) + [newline]
    }
}

private let newline = UInt8(ascii: "\n")

/// What the server shows to its clients.
struct ServerCertificate: Sendable {
    /// The certificate with its chain, and the key.
    let files: CertificateFiles
    /// What clients have to trust.
    let caFile: String
    let notAfter: Date
    /// Whether it was made by this call.
    let isNew: Bool
}
