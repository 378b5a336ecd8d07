import Crypto
import Foundation
import RegistryGateway
import TaskModel

/// Who a token of a registry is for.
enum RegistrySubject: Sendable, Hashable {
    /// With the id of the secret that was shown: what came of it ends with it.
    case principal(String, secret: String)
    /// The registry's administrator login, by the password that was used.
    case administrator(key: String)
    /// An attempt of a run, by the name of its registry, its id and the number of the attempt.
    case run(registry: String, RunID, epoch: Int)

    /// The claim `sub`.
    var text: String {
        switch self {
        case .principal(let id, _): id
        case .administrator: "administrator"
        case .run(let registry, let id, _): "run/\(registry)/\(id)"
        }
    }

    /// The claim `key`: by which secret, or which attempt.
    var key: String {
        switch self {
        case .principal(_, let secret): secret
        case .administrator(let key): key
        case .run(_, _, let epoch): String(epoch)
        }
    }

    init?(_ text: String, key: String?) {
        let parts = text.split(separator: "/")
        guard let key else { return nil }
        if parts.count == 3, parts[0] == "run", let id = RunID(String(parts[2])) {
            guard let epoch = Int(key) else { return nil }
            self = .run(registry: String(parts[1]), id, epoch: epoch)
        } else {
            self = text == "administrator" ? .administrator(key: key) : .principal(text, secret: key)
        }
    }
}

/// Somebody who is logged in at a registry, with what they may do now.
struct RegistryCaller: Sendable {
    let subject: RegistrySubject
    let permissions: Set<Permission>
    /// What the login is limited to; nil for all that the permissions allow.
    let limit: [RegistryAccess]?

    /// What of these rights the caller has.
    func granted(_ wanted: [RegistryAccess]) -> [RegistryAccess] {
        wanted.compactMap { $0.granted(by: permissions) }.compactMap { access in
            guard let limit else { return access }
            let actions = access.actions.filter { action in
                limit.include(RegistryAccess(type: access.type, name: access.name, actions: [action]))
            }
            return actions.isEmpty ? nil : RegistryAccess(type: access.type, name: access.name, actions: actions)
        }
    }

    /// Whether the caller has all of this right.
    func may(_ wanted: RegistryAccess) -> Bool {
        granted([wanted]).first?.actions.count == wanted.actions.count
    }

    /// Tells passwords apart without giving them away. A token made from one is good for as long as the password is.
    static func keyID(of password: Secret) -> String {
        SHA256.hash(data: Data("slipway administrator password".utf8) + Data(password.value.utf8)).prefix(8)
            .hexadecimal
    }
}
