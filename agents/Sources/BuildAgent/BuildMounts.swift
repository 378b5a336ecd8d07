import DockerEngine
import Foundation
import SSHKeys
import TaskFiles
import TaskModel

/// What the `RUN` instructions of a build may mount, and no image keeps: secrets and ssh keys, by id.
struct BuildMounts: Sendable {
    var secrets: [String: [UInt8]] = [:]
    var keys: [String: SSHKeyRing] = [:]

    init() {}

    /// Those of a build request.
    ///
    /// - Throws: ``RunFailure`` for a key that can't be used.
    init(_ request: BuildRequest) throws {
        for secret in request.buildSecrets {
            guard let content = Data(base64Encoded: secret.content.value) else {
                throw RunFailure.failed("the secret '\(secret.id)' is not in Base64")
            }
            secrets[secret.id] = [UInt8](content)
        }
        for key in request.sshKeys { try add(key.privateKey.value, id: key.id) }
    }

    var isEmpty: Bool { secrets.isEmpty && keys.isEmpty }

    /// Adds a key; one id may have several, which a client tries one after another.
    mutating func add(_ privateKey: String, id: String) throws {
        do throws(SSHKeyProblem) {
            let key = try SSHPrivateKey(privateKey)
            keys[id] = SSHKeyRing((keys[id]?.keys ?? []) + [key])
        } catch {
            throw RunFailure.failed("the ssh key '\(id)' can't be used: \(error)")
        }
    }

    var agents: [String: any SSHAgent] { keys.mapValues { KeyRingAgent(ring: $0) } }

    /// Refuses a builder that would leave them out.
    func check(isClassic: Bool, hasBuildKit: Bool) throws {
        guard !isEmpty, isClassic || !hasBuildKit else { return }
        let what = [secrets.isEmpty ? nil : "secrets", keys.isEmpty ? nil : "ssh keys"].compactMap(\.self)
        let remedy =
            isClassic ? "Leave the choice of the builder out" : "Run it on a daemon that has BuildKit (20.10 or newer)"
        throw RunFailure.failed(
            "the build has \(what.joined(separator: " and ")), which the classic builder can't give to RUN. \(remedy)")
    }
}

/// The keys never leave this process: the build's clients get signatures.
private struct KeyRingAgent: SSHAgent {
    let ring: SSHKeyRing

    func answer(_ message: [UInt8]) -> [UInt8] { ring.answer(message) }
}
