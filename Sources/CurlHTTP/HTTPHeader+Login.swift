import Foundation

extension HTTPHeader {
    /// `Authorization: Basic …` (RFC 7617).
    public static func basicLogin(_ name: String, password: String) -> HTTPHeader {
        HTTPHeader("Authorization", "Basic " + Data("\(name):\(password)".utf8).base64EncodedString())
    }
}
