import Glibc

/// One connection to a ``LoopbackServer``, used by its thread alone.
public final class LoopbackConnection {
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    public private(set) var isClosed = false

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    // MARK: Reading

    /// - Returns: nil when the client has gone.
    func readHead() throws -> LoopbackRequest? {
        var lines: [String] = []
        while let line = try readLine() {
            guard line.isEmpty else {
                lines.append(line)
                continue
            }
            guard let first = lines.first?.split(separator: " "), first.count == 3 else {
                throw LoopbackError(description: "no request")
            }
            let headers = lines.dropFirst().map { line in
                let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                return (name: String(parts[0]), value: String(parts.last?.drop { $0 == " " } ?? ""))
            }
            return LoopbackRequest(method: String(first[0]), target: String(first[1]), headers: headers)
        }
        return nil
    }

    /// Reads the whole body, sent in chunks or with a length.
    ///
    /// - Throws: ``LoopbackError`` if it breaks off.
    public func readBody(of request: LoopbackRequest) throws -> [UInt8] {
        var body: [UInt8] = []
        if request["Transfer-Encoding"]?.lowercased() == "chunked" {
            while true {
                guard let size = try readLine().flatMap({ Int($0, radix: 16) }) else {
                    throw LoopbackError(description: "broken off")
                }
                body += try read(exactly: size)
                _ = try readLine()
                if size == 0 { return body }
            }
        }
        if let length = request["Content-Length"].flatMap({ Int($0) }) { body = try read(exactly: length) }
        return body
    }

    public func read(exactly count: Int) throws -> [UInt8] {
        while buffer.count < count {
            guard try fill() else { throw LoopbackError(description: "broken off") }
        }
        defer { buffer.removeFirst(count) }
        return Array(buffer[..<count])
    }

    /// Waits until the client hangs up.
    public func waitForHangUp() throws {
        while try fill() { buffer = [] }
        isClosed = true
    }

    private func readLine() throws -> String? {
        while true {
            if let end = buffer.firstIndex(of: 0x0a) {
                var line = buffer[..<end]
                if line.last == 0x0d { line.removeLast() }
                let text = String(decoding: line, as: UTF8.self)
                buffer.removeFirst(end + 1)
                return text
            }
            guard try fill() else { return nil }
        }
    }

    private func fill() throws -> Bool {
        var block = [UInt8](repeating: 0, count: 64 * 1024)
        let count = block.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
        if count < 0, errno == EINTR { return true }
        guard count > 0 else { return false }
        buffer += block[..<count]
        return true
    }

    // MARK: Writing

    /// Sends a whole answer.
    public func answer(_ status: Int, headers: [(String, String)] = [], body: [UInt8] = []) throws {
        try write(head(status, headers: headers + [("Content-Length", String(body.count))]) + body)
    }

    public func answer(_ status: Int, headers: [(String, String)] = [], body: String) throws {
        try answer(status, headers: headers, body: Array(body.utf8))
    }

    /// The bytes of a head, with the empty line at its end.
    public func head(_ status: Int, headers: [(String, String)]) -> [UInt8] {
        let lines = ["HTTP/1.1 \(status) Status"] + headers.map { "\($0): \($1)" } + ["", ""]
        return Array(lines.joined(separator: "\r\n").utf8)
    }

    public func write(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw LoopbackError(description: "the client has gone") }
            rest = rest.dropFirst(count)
        }
    }

    /// Hangs up after this answer.
    public func hangUp() {
        isClosed = true
        shutdown(descriptor, Int32(SHUT_RDWR))
    }
}
