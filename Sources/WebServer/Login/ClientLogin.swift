import Foundation

/// The client id and secret of a login.
struct ClientLogin {
    let id: String
    let secret: String

    /// `client_id` and `client_secret` of a form, or `Basic` with both encoded as in a form (RFC 6749, section 2.3.1).
    init?(form: FormFields, authorization: String?) {
        if let id = form["client_id"], let secret = form["client_secret"] {
            self.init(id: id, secret: secret)
            return
        }
        let parts = (authorization ?? "").split(separator: " ")
        guard parts.count == 2, parts[0].lowercased() == "basic", let bytes = Data(base64Encoded: String(parts[1])),
            let pair = ClientLogin(pair: String(decoding: bytes, as: UTF8.self))
        else { return nil }
        self.init(id: FormFields.decoded(pair.id), secret: FormFields.decoded(pair.secret))
    }

    /// `ID:SECRET`.
    init?(pair: String) {
        guard let colon = pair.firstIndex(of: ":") else { return nil }
        self.init(id: String(pair[..<colon]), secret: String(pair[pair.index(after: colon)...]))
    }

    private init(id: String, secret: String) {
        self.id = id
        self.secret = secret
    }
}

/// `application/x-www-form-urlencoded`. Of fields with the same name the last one counts.
struct FormFields {
    private var fields: [String: String] = [:]

    init(_ text: String) {
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            fields[Self.decoded(String(parts[0]))] = parts.count > 1 ? Self.decoded(String(parts[1])) : ""
        }
    }

    subscript(name: String) -> String? { fields[name] }

    static func decoded(_ text: String) -> String {
        text.replacing("+", with: " ").removingPercentEncoding ?? text
    }
}
