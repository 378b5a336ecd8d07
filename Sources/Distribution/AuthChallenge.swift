/// How a registry wants to be logged in to: one challenge of a `WWW-Authenticate` header (RFC 9110, section 11.6.1).
struct AuthChallenge: Sendable, Equatable {
    /// In lower case: `basic`, `bearer`.
    let scheme: String
    /// Names in lower case.
    let parameters: [String: String]

    /// Reads all challenges of all such headers. What can't be read ends the reading.
    static func all(in headers: [String]) -> [AuthChallenge] {
        headers.flatMap { header in
            var reader = Reader(bytes: Array(header.utf8))
            return reader.challenges()
        }
    }

    private struct Reader {
        let bytes: [UInt8]
        var position = 0

        init(bytes: [UInt8]) {
            self.bytes = bytes
        }

        mutating func challenges() -> [AuthChallenge] {
            var result: [AuthChallenge] = []
            skipSeparators()
            while let scheme = token() {
                var parameters: [String: String] = [:]
                skipSpace()
                while let (name, value) = parameter() {
                    parameters[name.lowercased()] = value
                    skipSeparators()
                }
                result.append(AuthChallenge(scheme: scheme.lowercased(), parameters: parameters))
                skipSeparators()
            }
            return result
        }

        /// `name=value`. If a word without '=' comes, that is the next scheme, and the position stays.
        private mutating func parameter() -> (String, String)? {
            let start = position
            guard let name = token() else { return nil }
            skipSpace()
            guard next == UInt8(ascii: "=") else {
                position = start
                return nil
            }
            position += 1
            skipSpace()
            guard let value = next == UInt8(ascii: "\"") ? quoted() : token() else {
                position = bytes.count
                return nil
            }
            return (name, value)
        }

        private mutating func token() -> String? {
            let start = position
            while let byte = next, byte > 0x20, byte < 0x7f, !Array(",=\"".utf8).contains(byte) { position += 1 }
            return position > start ? String(decoding: bytes[start..<position], as: UTF8.self) : nil
        }

        private mutating func quoted() -> String? {
            position += 1
            var text: [UInt8] = []
            while let byte = next {
                position += 1
                if byte == UInt8(ascii: "\"") { return String(decoding: text, as: UTF8.self) }
                if byte == UInt8(ascii: "\\"), let escaped = next {
                    text.append(escaped)
                    position += 1
                } else {
                    text.append(byte)
                }
            }
            return nil
        }

        private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

        private mutating func skipSpace() {
            while let byte = next, byte == 0x20 || byte == 0x09 { position += 1 }
        }

        private mutating func skipSeparators() {
            while let byte = next, byte == 0x20 || byte == 0x09 || byte == UInt8(ascii: ",") { position += 1 }
        }
    }
}
