import SwiftASN1
import X509

/// The certificates in a PEM file, at least one.
func certificates(in path: String) throws(FileError) -> [Certificate] {
    let text = String(decoding: try readFile(path, limit: 16 << 20), as: UTF8.self)
    return try certificates(pem: text, path: path)
}

/// The certificates in a PEM text, at least one; other things in it are passed over.
///
/// - Parameter path: for the error.
func certificates(pem text: String, path: String) throws(FileError) -> [Certificate] {
    let found: [Certificate]
    do {
        let documents = try PEMDocument.parseMultiple(pemString: text)
        found = try documents.filter { $0.discriminator == "CERTIFICATE" }.map(Certificate.init(pemDocument:))
    } catch {
        throw FileError(path: path, reason: "it holds a certificate that can't be read (\(error))")
    }
    guard !found.isEmpty else { throw FileError(path: path, reason: "it holds no certificate in PEM form") }
    return found
}

/// The first private key in a PEM text. Files of older tools have the parameters of the curve before it.
func privateKey(pem text: String) throws -> Certificate.PrivateKey {
    let documents = try PEMDocument.parseMultiple(pemString: text)
    guard let key = documents.first(where: { $0.discriminator.hasSuffix("PRIVATE KEY") }) else {
        throw FileError(path: "", reason: "no private key")
    }
    return try Certificate.PrivateKey(pemDocument: key)
}
