import Glibc
import TaskModel

/// Values as types, each with the error that names its setting.
extension SettingValues {
    /// Reads a setting as `read` does.
    ///
    /// - Parameter expected: what it should be, for the error.
    /// - Returns: nil if the setting has no value.
    /// - Throws: ``ConfigurationError/invalid(_:value:expected:)`` if `read` gives nil, or the text has control
    ///   characters.
    func read<Value>(
        _ path: String, expected: String, _ read: (String) -> Value?
    ) throws(ConfigurationError) -> Value? {
        guard let value = value(path) else { return nil }
        guard value.text.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control }),
            let result = read(value.text)
        else {
            let isSecret = Setting.at(path)?.isSecret ?? false
            throw .invalid(place(path), value: isSecret ? nil : withoutPassword(value.text), expected: expected)
        }
        return result
    }

    func require<Value>(
        _ path: String, expected: String, _ read: (String) -> Value?
    ) throws(ConfigurationError) -> Value {
        guard let value = try self.read(path, expected: expected, read) else {
            throw .missing(place(path), expected: expected)
        }
        return value
    }

    /// Reads every entry of a list.
    func readList<Value>(
        _ path: String, expected: String, _ read: (String) -> Value?
    ) throws(ConfigurationError) -> [Value] {
        var values: [Value] = []
        for index in 0..<count(path) {
            values.append(try require("\(path)[\(index)]", expected: expected, read))
        }
        return values
    }

    func bool(_ path: String) throws(ConfigurationError) -> Bool {
        try read(path, expected: "true or false") { ["true": true, "false": false][$0] } ?? false
    }

    func integer(_ path: String, in range: ClosedRange<Int>) throws(ConfigurationError) -> Int? {
        try read(path, expected: "a number from \(range.lowerBound) to \(range.upperBound)") { text in
            Int(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    func bytes(_ path: String) throws(ConfigurationError) -> Int64 {
        try require(path, expected: "a number of bytes of at least 1, as in 1048576, 512MiB or 4GiB") { text in
            byteCount(text).flatMap { $0 > 0 ? $0 : nil }
        }
    }

    func duration(_ path: String, in range: ClosedRange<Int>) throws(ConfigurationError) -> Duration {
        let expected = "a time from \(range.lowerBound) to \(range.upperBound) seconds, as in 90, 90s, 15m or 4h"
        return try require(path, expected: expected) { text in
            seconds(text).flatMap { range.contains($0) ? .seconds($0) : nil }
        }
    }

    /// The path that a setting names, absolute; a relative one starts from the folder of the file it stands in.
    func path(_ path: String) throws(ConfigurationError) -> String? {
        guard let text = try read(path, expected: "the path of a file", { $0.isEmpty ? nil : $0 }) else { return nil }
        return absolutePath(text, from: value(path)?.folder)
    }

    /// The bytes of the file that a setting names.
    func contents(_ path: String, limit: Int) throws(ConfigurationError) -> [UInt8]? {
        guard let file = try self.path(path) else { return nil }
        do {
            return try readFile(file, limit: limit)
        } catch {
            throw .unreadable(place(path), path: file, reason: error.reason)
        }
    }

    /// A secret from the setting itself or, by `password` + `File`, from a file whose last line end does not count.
    ///
    /// - Throws: ``ConfigurationError/conflict(_:with:)`` if it is given in two forms.
    func secret(_ path: String, files: [String]) throws(ConfigurationError) -> Secret? {
        let forms = ([path] + files).filter(isGiven)
        guard let form = forms.first else { return nil }
        if forms.count > 1 { throw .conflict(place(form), with: forms[1]) }
        guard form != path else {
            return try read(path, expected: "a text of one line, not empty") { $0.isEmpty ? nil : Secret($0) }
        }
        guard let bytes = try contents(form, limit: 64 * 1024), let file = try self.path(form) else { return nil }
        var text = String(decoding: bytes, as: UTF8.self)
        if text.last?.isNewline == true { text.removeLast() }
        guard !text.isEmpty, text.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control }) else {
            throw .unreadable(place(form), path: file, reason: "it should hold the secret in one line and nothing else")
        }
        return Secret(text)
    }

    /// A login: a user name together with a secret; nil if neither is given.
    func credential(at path: String, files: [String] = ["passwordFile"]) throws(ConfigurationError) -> Credential? {
        let expected = "a user name without ':', given together with a password"
        let username = try read("\(path).username", expected: expected) { name in
            name.isEmpty || name.contains(":") ? nil : name
        }
        let secret = try secret("\(path).password", files: files.map { "\(path).\($0)" })
        switch (username, secret) {
        case (nil, nil): return nil
        case (let username?, let secret?): return Credential(username: username, password: secret)
        case (nil, _): throw .missing(place("\(path).username"), expected: expected)
        case (_, nil):
            throw .missing(
                place("\(path).password"), expected: "the password of that user, or passwordFile a file with it")
        }
    }
}
