import Foundation
import TaskModel

/// What a build request says of things that only BuildKit has, or that are ours.
extension BuildRequest {
    /// Of one secret, decoded: as docker's own clients have it.
    private static let maxSecretBytes = 500 * 1024
    private static let maxPlatforms = 16
    /// Of secrets, and of keys.
    private static let maxMounts = 100

    static func checkedSecrets(_ secrets: [NamedSecret]) throws(InvalidRequest) -> [BuildSecret] {
        try checkCount(secrets, field: "secrets")
        var result: [BuildSecret] = []
        for (index, secret) in secrets.enumerated() {
            let field = "secrets[\(index)]"
            try checkID(secret.id, isTaken: result.contains { $0.id == secret.id }, field: field)
            guard let value = secret.value, let bytes = Data(base64Encoded: value.value) else {
                throw InvalidRequest(
                    code: "InvalidParameter", message: "The secret '\(secret.id)' is not in Base64.",
                    target: "\(field).value")
            }
            guard bytes.count <= maxSecretBytes else {
                throw InvalidRequest(
                    code: "InvalidParameter",
                    message:
                        "The secret '\(secret.id)' has \(bytes.count) bytes, and \(maxSecretBytes) is the limit.",
                    target: "\(field).value")
            }
            result.append(BuildSecret(id: secret.id, content: value))
        }
        return result
    }

    static func checkedKeys(_ keys: [NamedSecret]) throws(InvalidRequest) -> [BuildSSHKey] {
        try checkCount(keys, field: "sshKeys")
        var result: [BuildSSHKey] = []
        for (index, key) in keys.enumerated() {
            let field = "sshKeys[\(index)]"
            try checkID(key.id, isTaken: false, field: field)
            guard let value = key.value, !value.value.isEmpty else {
                throw InvalidRequest(
                    code: "InvalidParameter", message: "The ssh key '\(key.id)' is missing.",
                    target: "\(field).value")
            }
            result.append(BuildSSHKey(id: key.id, privateKey: value))
        }
        return result
    }

    private static func checkCount(_ entries: [NamedSecret], field: String) throws(InvalidRequest) {
        guard entries.count <= maxMounts else {
            throw InvalidRequest(
                code: "InvalidParameter",
                message: "\(entries.count) entries are too many for one build: at most \(maxMounts).", target: field)
        }
    }

    private static func checkID(_ id: String, isTaken: Bool, field: String) throws(InvalidRequest) {
        let isName = (1...255).contains(id.utf8.count) && id.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x2c }
        guard isName, !isTaken else {
            throw InvalidRequest(
                code: "InvalidName",
                message: isTaken
                    ? "There are two secrets '\(id)': give each an id of its own."
                    : "'\(id.escapedForDisplay)' is no id: it must be 1 to 255 characters without blanks and commas.",
                target: "\(field).id")
        }
    }

    static func checkedPlatforms(_ wire: [PlatformProperties]) throws(InvalidRequest) -> [Platform] {
        guard wire.count <= maxPlatforms else {
            throw InvalidRequest(
                code: "InvalidPlatform",
                message: "\(wire.count) platforms are too many for one image: at most \(maxPlatforms).",
                target: "platforms")
        }
        var platforms: [Platform] = []
        for (index, properties) in wire.enumerated() {
            let platform = try RequestChecks.platform(properties, field: "platforms[\(index)]")
            guard !platforms.contains(platform) else {
                throw InvalidRequest(
                    code: "InvalidPlatform", message: "The platform \(platform) stands there twice.",
                    target: "platforms[\(index)]")
            }
            platforms.append(platform)
        }
        return platforms
    }

    static func checkedCacheSources(_ names: [String]) throws(InvalidRequest) -> [String] {
        for (index, name) in names.enumerated() { try checkImageName(name, field: "cacheFrom[\(index)]") }
        return names
    }

    static func checkedCacheTarget(_ target: String?, mode: String?) throws(InvalidRequest) -> CacheTarget? {
        guard let mode = ["min": false, "max": true][mode?.lowercased() ?? "min"] else {
            throw InvalidRequest(
                code: "InvalidParameter",
                message: "'\((mode ?? "").escapedForDisplay)' is no cache mode: use min or max.", target: "cacheMode")
        }
        guard let target, !target.isEmpty else { return nil }
        if target.lowercased() == "inline" { return .inline }
        try checkImageName(target, field: "cacheTo")
        return .registry(target, isComplete: mode)
    }

    static func checkedTransfer(_ name: String?) throws(InvalidRequest) -> ContextTransfer {
        guard let name else { return .files }
        guard let transfer = ContextTransfer(rawValue: name.lowercased()) else {
            throw InvalidRequest(
                code: "InvalidParameter",
                message: "'\(name.escapedForDisplay)' is no way for a context: use files or tar.",
                target: "contextTransfer")
        }
        return transfer
    }

    static func checkedEpoch(_ seconds: Int64?) throws(InvalidRequest) -> Int64? {
        guard let seconds else { return nil }
        guard (0..<(1 << 33)).contains(seconds) else {
            throw InvalidRequest(
                code: "InvalidParameter",
                message: "\(seconds) is no time for files: give seconds since 1970, less than 2^33.",
                target: "sourceDateEpoch")
        }
        return seconds
    }

    static func checkedOutput(_ name: String?) throws(InvalidRequest) -> ImageArchive? {
        guard let name else { return nil }
        guard let output = ImageArchive(rawValue: name.lowercased()) else {
            throw InvalidRequest(
                code: "InvalidParameter",
                message: "'\(name.escapedForDisplay)' is no form of an image: use oci or docker.",
                target: "keptOutput")
        }
        return output
    }
}
