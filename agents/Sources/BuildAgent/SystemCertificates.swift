import Foundation

/// The certificates of the host.
public enum SystemCertificates {
    /// Where distributions keep theirs: Debian and Ubuntu, Fedora and RHEL, openSUSE, Alpine.
    public static let bundles = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem",
    ]

    /// The host's bundle, if there is one, followed by more PEM texts.
    public static func bundle(and extra: [String]) -> [UInt8] {
        // Trusting only the extra ones is a choice too: hosts without a bundle are not refused.
        let system = bundles.lazy.compactMap { FileManager.default.contents(atPath: $0) }.first ?? Data()
        return extra.reduce(into: Array(system)) { bundle, text in
            if let last = bundle.last, last != UInt8(ascii: "\n") { bundle.append(UInt8(ascii: "\n")) }
            bundle += text.utf8
        }
    }
}
