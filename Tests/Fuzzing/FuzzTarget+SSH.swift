@testable import SSHKeys

/// Reads a private key, as a file and as the bytes of OpenSSH's form; what is a key must sign.
func sshKeyProblem(_ input: [UInt8]) -> String? {
    let bytes = Array("openssh-key-v1\0".utf8) + input
    // Refusals are fine.
    let keys = [try? SSHPrivateKey(String(decoding: input, as: UTF8.self)), try? SSHPrivateKey(openSSH: bytes)]
    for key in keys.compactMap(\.self) {
        let request = SSHWriter.making { writer in
            writer.byte(13)
            writer.string(key.publicKey)
            writer.string([1, 2, 3])
            writer.uint32(4)
        }
        // What is no real key may fail to sign.
        if let problem = answerProblem(SSHKeyRing([key]).answer(request)) { return problem }
    }
    return nil
}

/// Asks an agent.
func sshAgentProblem(_ input: [UInt8]) -> String? {
    let seed = [UInt8](repeating: 7, count: 32)
    let pem = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20] + seed
    guard let key = try? SSHPrivateKey(pkcs8: pem) else { return "the key can't be read" }
    return answerProblem(SSHKeyRing([key]).answer(input))
}

private func answerProblem(_ answer: [UInt8]) -> String? {
    guard let kind = answer.first, [5, 12, 14].contains(kind) else { return "an answer of another kind: \(answer)" }
    return answer.count <= SSHKeyRing.maxMessage ? nil : "an answer of \(answer.count) bytes"
}
