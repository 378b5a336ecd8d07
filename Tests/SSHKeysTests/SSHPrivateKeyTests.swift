import Foundation
import TestSupport
import Testing

@testable import SSHKeys

struct SSHPrivateKeyTests {
    @Test(arguments: [
        ["-t", "ed25519", "-C", "a comment"], ["-t", "rsa", "-b", "2048"], ["-t", "rsa", "-b", "3072"],
        ["-t", "ecdsa", "-b", "256"], ["-t", "ecdsa", "-b", "384"], ["-t", "ecdsa", "-b", "521"],
        ["-t", "rsa", "-b", "2048", "-m", "PEM"], ["-t", "rsa", "-b", "2048", "-m", "PKCS8"],
        ["-t", "ecdsa", "-b", "256", "-m", "PEM"], ["-t", "ecdsa", "-b", "521", "-m", "PEM"],
        ["-t", "ecdsa", "-b", "384", "-m", "PKCS8"],
    ])
    func `a key of ssh-keygen is read, and what it signs is accepted`(_ options: [String]) async throws {
        try await withTemporaryFolder { folder in
            let key = try SSHPrivateKey(try await Self.make(options, in: folder))
            let line = try String(contentsOfFile: folder + "/key.pub", encoding: .utf8)

            #expect(Data(key.publicKey).base64EncodedString() == line.split(separator: " ")[1])
            try await Self.verify(key, publicLine: line, in: folder)
        }
    }

    @Test func `an Ed25519 key of openssl is read`() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/key"
            try await ChildProcess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", path])
            let key = try SSHPrivateKey(try String(contentsOfFile: path, encoding: .utf8))
            let line = "ssh-ed25519 \(Data(key.publicKey).base64EncodedString())\n"

            try await Self.verify(key, publicLine: line, in: folder)
        }
    }

    @Test(arguments: [["-m", "RFC4716"], ["-m", "PEM"], ["-m", "PKCS8"]])
    func `a key with a passphrase is refused with what to do`(_ form: [String]) async throws {
        try await withTemporaryFolder { folder in
            let text = try await Self.make(["-t", "rsa", "-b", "2048"] + form, passphrase: "secret", in: folder)

            let problem = #expect(throws: SSHKeyProblem.passphrase) { try SSHPrivateKey(text) }
            #expect(problem?.description.contains("ssh-keygen") == true)
        }
    }

    @Test func `what is no usable private key is told from what is`() async throws {
        try await withTemporaryFolder { folder in
            let text = try await Self.make(["-t", "ed25519"], in: folder)
            let small = try await Self.make(["-t", "rsa", "-b", "1024"], name: "small", in: folder)
            let lines = text.split(separator: "\n")
            let cases: [(String, SSHKeyProblem)] = [
                ("", .noPrivateKey), ("hello", .noPrivateKey), ("-----BEGIN -----\n-----END -----", .noPrivateKey),
                (try String(contentsOfFile: folder + "/key.pub", encoding: .utf8), .publicKey),
                ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", .noPrivateKey),
                (small, .unsupported("an RSA key of less than 2048 bits")),
                ([lines[0], lines[1].prefix(40), lines[lines.count - 1]].joined(separator: "\n"), .damaged),
                ("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----", .damaged),
                ("-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----", .damaged),
                (String(repeating: "a", count: 70_000), .tooLarge(limit: SSHPrivateKey.maxBytes)),
                (
                    "PuTTY-User-Key-File-3: ssh-ed25519\n",
                    .unsupported(
                        "PuTTY's form (puttygen KEY -O private-openssh makes another of it)")
                ),
            ]

            for (text, problem) in cases { #expect(throws: problem, "\(text)") { try SSHPrivateKey(text) } }
        }
    }

    private static func make(
        _ options: [String], passphrase: String = "", name: String = "key", in folder: String
    ) async throws -> String {
        let path = folder + "/" + name
        try await ChildProcess.run(["ssh-keygen", "-q", "-N", passphrase, "-f", path] + options)
        return try String(contentsOfFile: path, encoding: .utf8)
    }

    /// Has ssh-keygen check a signature of the agent's over a file (its document PROTOCOL.sshsig).
    private static func verify(_ key: SSHPrivateKey, publicLine: String, in folder: String) async throws {
        let message = Array("a message".utf8)
        // SHA-512 of the message, by another program.
        try Data(message).write(to: URL(fileURLWithPath: folder + "/message"))
        let digest = try await ChildProcess.run(["sha512sum", folder + "/message"]).prefix(128)
        let bytes = stride(from: 0, to: 128, by: 2).compactMap { offset in
            let start = digest.index(digest.startIndex, offsetBy: offset)
            return UInt8(digest[start..<digest.index(start, offsetBy: 2)], radix: 16)
        }
        func common(_ writer: inout SSHWriter) {
            writer.text("file")
            writer.text("")
            writer.text("sha512")
        }
        let signed = SSHWriter.making { writer in
            common(&writer)
            writer.string(bytes)
        }
        let request = SSHWriter.making { writer in
            writer.byte(13)
            writer.string(key.publicKey)
            writer.string(Array("SSHSIG".utf8) + signed)
            writer.uint32(4)
        }
        var answer = SSHReader(SSHKeyRing([key]).answer(request))
        try #require(try answer.byte() == 14)
        let signature = try answer.string()
        let blob = SSHWriter.making { writer in
            writer.uint32(1)
            writer.string(key.publicKey)
            common(&writer)
            writer.string(signature)
        }
        let text = Data(Array("SSHSIG".utf8) + blob).base64EncodedString(options: [.lineLength64Characters])
        try Data("-----BEGIN SSH SIGNATURE-----\n\(text)\n-----END SSH SIGNATURE-----\n".utf8).write(
            to: URL(fileURLWithPath: folder + "/signature"))
        try Data("me \(publicLine)".utf8).write(to: URL(fileURLWithPath: folder + "/allowed"))

        try await ChildProcess.run(
            ["ssh-keygen", "-Y", "verify", "-f", folder + "/allowed", "-I", "me", "-n", "file", "-s"]
                + [folder + "/signature"], input: .file(folder + "/message"))
    }
}
