/// Expands variables and removes quotes in one word of a Dockerfile, by the builder's rules (a small part of a
/// shell's).
struct WordExpansion {
    /// Why a word can't be expanded.
    struct Failure: Error {
        let reason: String
    }

    /// More than any name is long; keeps variables made of variables from growing without end.
    static let maxBytes = 4096
    private static let maxDepth = 32

    private let bytes: [UInt8]
    private let escape: UInt8
    private let variables: [String: String]
    private var position = 0

    static func expand(_ word: String, _ variables: [String: String], escape: UInt8) throws(Failure) -> String {
        var expansion = WordExpansion(bytes: Array(word.utf8), escape: escape, variables: variables)
        let result = try expansion.text(until: nil, depth: 0)
        return String(decoding: result, as: UTF8.self)
    }

    private init(bytes: [UInt8], escape: UInt8, variables: [String: String]) {
        self.bytes = bytes
        self.escape = escape
        self.variables = variables
    }

    /// Reads up to `end`, which is left standing, or to the end of the word.
    private mutating func text(until end: UInt8?, depth: Int) throws(Failure) -> [UInt8] {
        guard depth < Self.maxDepth else { throw Failure(reason: "variables are nested too deeply") }
        var result: [UInt8] = []
        while position < bytes.count, bytes[position] != end {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "'"):
                result += try singleQuoted()
            case UInt8(ascii: "\""):
                result += try doubleQuoted(depth: depth)
            case UInt8(ascii: "$"):
                result += try variable(depth: depth)
            case escape:
                position += 1
                if position < bytes.count { result.append(bytes[position]) }
                position += 1
            default:
                result.append(byte)
                position += 1
            }
            guard result.count <= Self.maxBytes else { throw Failure(reason: "it becomes too long") }
        }
        return result
    }

    private mutating func singleQuoted() throws(Failure) -> ArraySlice<UInt8> {
        let start = position + 1
        guard let end = bytes[start...].firstIndex(of: UInt8(ascii: "'")) else {
            throw Failure(reason: "a quote is not closed")
        }
        position = end + 1
        return bytes[start..<end]
    }

    private mutating func doubleQuoted(depth: Int) throws(Failure) -> [UInt8] {
        position += 1
        var result: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                position += 1
                return result
            }
            if byte == UInt8(ascii: "$") {
                result += try variable(depth: depth)
            } else {
                position += 1
                if byte == escape, position < bytes.count {
                    let next = bytes[position]
                    let isEscaped = next == UInt8(ascii: "\"") || next == UInt8(ascii: "$") || next == escape
                    result += isEscaped ? [next] : [byte, next]
                    position += 1
                } else {
                    result.append(byte)
                }
            }
            guard result.count <= Self.maxBytes else { throw Failure(reason: "it becomes too long") }
        }
        throw Failure(reason: "a quote is not closed")
    }

    /// `$name`, `${name}`, and `${name:-word}` with its relatives.
    private mutating func variable(depth: Int) throws(Failure) -> [UInt8] {
        position += 1
        guard position < bytes.count, bytes[position] == UInt8(ascii: "{") else {
            let name = name()
            return name.isEmpty ? [UInt8(ascii: "$")] : Array((variables[name] ?? "").utf8)
        }
        position += 1
        let name = name()
        guard !name.isEmpty, position < bytes.count else { throw Failure(reason: "a '${' is followed by no name") }
        let value = variables[name]
        if bytes[position] == UInt8(ascii: "}") {
            position += 1
            return Array((value ?? "").utf8)
        }
        // With a colon an empty value counts as none.
        let isColon = bytes[position] == UInt8(ascii: ":")
        if isColon { position += 1 }
        let isSet = isColon ? value?.isEmpty == false : value != nil
        guard position < bytes.count else { throw Failure(reason: "a '${' is not closed") }
        let sign = bytes[position]
        position += 1
        let word = try text(until: UInt8(ascii: "}"), depth: depth + 1)
        guard position < bytes.count else { throw Failure(reason: "a '${' is not closed") }
        position += 1
        switch sign {
        case UInt8(ascii: "-"): return isSet ? Array((value ?? "").utf8) : word
        case UInt8(ascii: "+"): return isSet ? word : []
        case UInt8(ascii: "?"):
            guard isSet else { throw Failure(reason: "\(name) is not set: \(String(decoding: word, as: UTF8.self))") }
            return Array((value ?? "").utf8)
        default:
            throw Failure(reason: "this form of '${\(name)…}' can't be read here")
        }
    }

    private mutating func name() -> String {
        let start = position
        while position < bytes.count, isNamePart(bytes[position], isFirst: position == start) { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private func isNamePart(_ byte: UInt8, isFirst: Bool) -> Bool {
        switch byte {
        case 0x41...0x5a, 0x61...0x7a, 0x5f: true
        case 0x30...0x39: !isFirst
        default: false
        }
    }
}
