import Foundation
import TaskModel

extension TaskFile {
    private static let versions: Set<String> = ["1.0-preview-1", "v1.0.0", "v1.1.0"]

    func checkVersion() throws(TaskFileError) {
        guard let version, !version.isEmpty, !Self.versions.contains(version.lowercased()) else { return }
        throw TaskFileError(
            .versionUnknown, at: places["version"],
            "There is no version '\(version)' of task files. Write v1.0.0 or v1.1.0.")
    }

    func checkedSecrets() throws(TaskFileError) -> [TaskSecret] {
        var result: [TaskSecret] = []
        for secret in secrets {
            guard let id = secret.id, !id.isEmpty, !id.contains(where: \.isWhitespace) else {
                throw text.locating(
                    TaskFileError(.secretID, at: secret.place, "A secret needs an 'id' without white space."))
            }
            guard !result.contains(where: { $0.id == id }) else {
                throw text.locating(
                    TaskFileError(.secretDuplicate, at: secret.place, "There are two secrets with the id '\(id)'."))
            }
            do throws(TaskFileError) {
                result.append(try TaskSecret(secret, id: id))
            } catch {
                throw text.locating(error)
            }
        }
        return result
    }

    func checkedVolumes() throws(TaskFileError) -> [TaskVolume] {
        func isName(_ text: String, _ others: String) -> Bool {
            !text.isEmpty && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) || others.contains($0) }
        }
        var result: [TaskVolume] = []
        for volume in volumes {
            let name = volume.name ?? ""
            guard isName(name, "-_") else {
                throw TaskFileError(
                    .volumeName, at: volume.places["name"],
                    "The volume '\(name)' needs a 'name' of letters, digits, '-' and '_'.")
            }
            guard !result.contains(where: { $0.name == name }) else {
                throw TaskFileError(
                    .volumeDuplicate, at: volume.places["name"], "There are two volumes with the name '\(name)'.")
            }
            guard !volume.secret.isEmpty else {
                throw TaskFileError(
                    .volumeSource, at: volume.places.whole, "The volume '\(name)' needs files under 'secret'.")
            }
            for (file, _) in volume.secret where !isName(file, "-_.") || file == "." || file == ".." {
                throw TaskFileError(
                    .volumeFileName, at: volume.places["secret"],
                    "The file '\(file)' of the volume '\(name)' may have only letters, digits, '-', '_' and '.' in its name."
                )
            }
            result.append(
                TaskVolume(
                    name: name, files: Dictionary(volume.secret.map { ($0.key, $0.value) }) { _, last in last }))
        }
        return result
    }

    func checkMountNames() throws(TaskFileError) {
        let names = Set(volumes.compactMap(\.name))
        for step in steps {
            for mount in step.volumeMounts {
                guard let name = mount.name, !name.isEmpty, !names.contains(name) else { continue }
                throw TaskFileError(
                    .mountUnknownVolume, at: step.places["volumeMounts"], "There is no volume '\(name)' in the file.")
            }
        }
    }
}

/// A secret of a task file, and where it is kept.
struct TaskSecret: Sendable {
    let id: String
    let location: SecretLocation
    /// A GUID; nil for the run's own identity.
    let clientID: String?

    fileprivate init(_ entry: TaskFile.SecretEntry, id: String) throws(TaskFileError) {
        self.id = id
        guard let text = entry.keyvault, !text.isEmpty else {
            throw TaskFileError(
                .secretSource, at: entry.place,
                "The secret '\(id)' needs a 'keyvault': https://VAULT/secrets/NAME or …/secrets/NAME/VERSION.")
        }
        do {
            location = try SecretLocation(text)
        } catch {
            throw TaskFileError(
                .secretSource, at: entry.place, "The 'keyvault' of the secret '\(id)' can't be read: \(error)")
        }
        clientID = entry.clientID.flatMap { $0.isEmpty ? nil : $0 }
        if let clientID, UUID(uuidString: clientID) == nil {
            throw TaskFileError(
                .secretIdentity, at: entry.place,
                "The 'clientID' of the secret '\(id)' must be a GUID. Leave it out for the run's own identity.")
        }
    }
}
