import Crypto
import Foundation
import TestSupport
import Testing

@testable import SSHKeys

struct SSHKeyRingTests {
    private let failure: [UInt8] = [5]

    @Test func `the keys are listed in their order`() throws {
        let keys = try [1, 2].map { try key($0) }
        var reader = SSHReader(SSHKeyRing(keys).answer([11]))

        #expect(try reader.byte() == 12)
        #expect(try reader.uint32() == 2)
        for key in keys {
            #expect(try reader.string() == key.publicKey)
            #expect(try reader.text() == "comment")
        }
        #expect(reader.isAtEnd)
        #expect(SSHKeyRing([]).answer([11]) == [12, 0, 0, 0, 0])
    }

    @Test func `an Ed25519 key signs what it is given`() throws {
        let private1 = try Curve25519.Signing.PrivateKey(rawRepresentation: [UInt8](repeating: 1, count: 32))
        let ring = SSHKeyRing([try key(1)])
        var answer = SSHReader(ring.answer(request(ring.keys[0].publicKey, [1, 2, 3], flags: 0)))

        #expect(try answer.byte() == 14)
        var signature = SSHReader(try answer.string())
        #expect(answer.isAtEnd)
        #expect(try signature.text() == "ssh-ed25519")
        #expect(private1.publicKey.isValidSignature(try signature.string(), for: [1, 2, 3] as [UInt8]))
    }

    @Test func `what is no question for keys or signatures is refused`() throws {
        let ring = SSHKeyRing([try key(1)])
        let good = request(ring.keys[0].publicKey, [1], flags: 0)

        // Adding, removing, locking, extensions, old protocol.
        for kind: UInt8 in [0, 1, 3, 5, 17, 18, 19, 20, 21, 22, 23, 25, 27, 255] {
            #expect(ring.answer([kind]) == failure)
            #expect(ring.answer([kind] + good.dropFirst()) == failure)
        }
        #expect(ring.answer([]) == failure)
        for count in 1..<good.count { #expect(ring.answer(Array(good.prefix(count))) == failure) }
        #expect(ring.answer(request(try key(2).publicKey, [1], flags: 0)) == failure)
        #expect(ring.answer([13, 255, 255, 255, 255]) == failure)
        #expect(ring.answer([11] + [UInt8](repeating: 0, count: SSHKeyRing.maxMessage)) == failure)
    }

    @Test func `an RSA key signs with SHA-2 alone`() async throws {
        try await withTemporaryFolder { folder in
            try await ChildProcess.run(
                ["ssh-keygen", "-q", "-N", "", "-f", folder + "/key", "-t", "rsa", "-b", "2048"])
            let key = try SSHPrivateKey(try String(contentsOfFile: folder + "/key", encoding: .utf8))
            let ring = SSHKeyRing([key])
            func algorithm(_ flags: Int) throws -> String? {
                var answer = SSHReader(ring.answer(request(key.publicKey, [1], flags: flags)))
                guard try answer.byte() == 14 else { return nil }
                var signature = SSHReader(try answer.string())
                return try signature.text()
            }

            #expect(try algorithm(0) == nil)
            #expect(try algorithm(1) == nil)
            #expect(try algorithm(2) == "rsa-sha2-256")
            #expect(try algorithm(4) == "rsa-sha2-512")
            #expect(try algorithm(6) == "rsa-sha2-512")
        }
    }

    @Test func `numbers have no zeros in front, and one where they would be negative`() {
        func written(_ digits: [UInt8]) -> [UInt8] { SSHWriter.making { $0.number(digits) } }

        #expect(written([]) == [0, 0, 0, 0])
        #expect(written([0, 0]) == [0, 0, 0, 0])
        #expect(written([0, 0x7f]) == [0, 0, 0, 1, 0x7f])
        #expect(written([0x80]) == [0, 0, 0, 2, 0, 0x80])
    }

    private func key(_ seed: UInt8) throws -> SSHPrivateKey {
        let key = try Curve25519.Signing.PrivateKey(rawRepresentation: [UInt8](repeating: seed, count: 32))
        return try SSHPrivateKey(.ed25519(key), comment: "comment")
    }

    private func request(_ key: [UInt8], _ data: [UInt8], flags: Int) -> [UInt8] {
        SSHWriter.making { writer in
            writer.byte(13)
            writer.string(key)
            writer.string(data)
            writer.uint32(flags)
        }
    }
}
