import Foundation
import ResourceAPI
import TaskFiles
import TaskModel

/// Finds the texts that a declaration only names.
struct DeclaredTexts {
    /// Of the declaration: files are relative to it.
    let folder: String
    var environment = ProcessInfo.processInfo.environment

    /// - Parameter what: what the text is, for errors: `'token' of task 'hello'`.
    func secret(_ declared: DeclaredText, _ what: String) throws(CommandError) -> Secret {
        switch declared {
        case .text(let text): return Secret(text)
        case .environment(let name):
            guard let value = environment[name] else { throw .variableNotSet(name, for: what) }
            return Secret(value)
        case .file(let path):
            let bytes = try readFile(path.hasPrefix("/") ? path : folder + "/" + path)
            guard var text = String(validating: bytes, as: UTF8.self) else {
                throw .unreadable(file: path, reason: "it is no text (UTF-8)")
            }
            // "\r\n" is one character.
            if text.last == "\n" || text.last == "\r\n" { text.removeLast() }
            return Secret(text)
        case .vault: throw .vaultOutsideLogin(what)
        }
    }

    /// For logins at registries, which may be in a vault.
    func object(_ declared: DeclaredText?, _ what: String) throws(CommandError) -> SecretObject? {
        switch declared {
        case nil: nil
        case .vault(let url): SecretObject(type: "Vaultsecret", value: Secret(url))
        case let declared?: SecretObject(value: try secret(declared, what))
        }
    }
}
