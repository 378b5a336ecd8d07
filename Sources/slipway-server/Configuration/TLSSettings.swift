import CurlHTTP
import SwiftASN1
import X509

/// The server's certificate and those it trusts.
struct TLSSettings: Sendable, Equatable {
    /// A certificate of one's own: PEM files that exist and belong together; nil for one by the server's own CA.
    let own: CertificateFiles?
    /// PEM files with at least one certificate each.
    let extraCertificates: [String]
    /// More names for the certificate that the server makes.
    let names: [String]
}

/// Paths of PEM files, absolute.
struct CertificateFiles: Sendable, Equatable {
    /// With the chain, the server's own first.
    let certificate: String
    let key: String
}

extension TLSSettings {
    init(_ values: SettingValues) throws(ConfigurationError) {
        own = try values.ownCertificate()
        var extra: [String] = []
        for index in 0..<values.count("tls.extraCertificates") {
            extra.append(try values.certificateFile("tls.extraCertificates[\(index)]").path)
        }
        extraCertificates = extra
        names = try values.readList("tls.names", expected: "a host name or an address") { text in
            isHostName(text) || IPAddress(text) != nil ? text.lowercased() : nil
        }
    }
}

extension SettingValues {
    fileprivate func ownCertificate() throws(ConfigurationError) -> CertificateFiles? {
        switch (isGiven("tls.certificate"), isGiven("tls.key")) {
        case (false, false): return nil
        case (true, false):
            throw .missing(place("tls.key"), expected: "a PEM file with the private key of tls.certificate")
        case (false, true):
            throw .missing(place("tls.certificate"), expected: "a PEM file with the certificate of tls.key")
        case (true, true): break
        }
        let (certificateFile, certificates) = try certificateFile("tls.certificate")
        guard let keyFile = try path("tls.key"), let bytes = try contents("tls.key", limit: 1 << 20) else { return nil }
        let key: Certificate.PrivateKey
        do {
            key = try privateKey(pem: String(decoding: bytes, as: UTF8.self))
        } catch {
            throw .unreadable(
                place("tls.key"), path: keyFile, reason: "it holds no private key in PEM form without a password")
        }
        guard certificates.first?.publicKey == key.publicKey else {
            throw .unreadable(
                place("tls.key"), path: keyFile,
                reason: "it is not the key of the first certificate in \(certificateFile)")
        }
        return CertificateFiles(certificate: certificateFile, key: keyFile)
    }

    fileprivate func certificateFile(_ setting: String) throws(ConfigurationError) -> (
        path: String, certificates: [Certificate]
    ) {
        let expected = "a PEM file with certificates"
        guard let file = try path(setting) else { throw .missing(place(setting), expected: expected) }
        do {
            return (file, try certificates(in: file))
        } catch {
            throw .unreadable(place(setting), path: file, reason: error.reason)
        }
    }
}
