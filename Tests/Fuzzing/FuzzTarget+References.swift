@testable import Contexts

private let secret = "pAsSwOrD-0123456789"

/// Reads the name of a context, as it is and with user info put into it.
func referenceProblem(_ input: [UInt8]) -> String? {
    let text = String(decoding: input, as: UTF8.self)
    if let location = try? ContextLocation(text), let problem = rereadingProblem(location) { return problem }
    // What stands behind anything but a scheme is no user info.
    guard let range = text.firstRange(of: "://"), SourceURL(text) != nil else { return nil }
    // Of ssh the user belongs to the address, and is shown.
    let isSSH = text[..<range.lowerBound].lowercased() == "ssh"
    for info in ["user:\(secret)@", "user:%70\(secret)@"] + (isSSH ? [] : [secret + "@", secret + ":@"]) {
        let planted = text[..<range.upperBound] + info + text[range.upperBound...]
        if let shown = shownTexts(of: String(planted)).first(where: { $0.contains(secret) }) {
            return "user info is shown: \(shown)"
        }
    }
    return nil
}

/// Whether what is printed of a git reference names the same one.
private func rereadingProblem(_ location: ContextLocation) -> String? {
    if location.redacted.unicodeScalars.contains(where: isControl) { return "what is printed has several lines" }
    // The old form `github.com/…` is printed as what it stands for, which needs no `.git`.
    guard case .git(let reference) = location, reference.notice == nil else { return nil }
    guard case .git(let again)? = try? ContextLocation(reference.redacted) else {
        return "\(reference.redacted) is no git reference"
    }
    let isSame =
        again.remote == reference.remote && again.ref == reference.ref && again.subdir == reference.subdir
        && again.redacted == reference.redacted
    if let ref = reference.ref, ref.hasPrefix("-") { return "the ref \(ref) was taken" }
    return isSame ? nil : "\(reference.redacted) is read as \(again.redacted)"
}

/// All that people may get to see of a location or of its error.
private func shownTexts(of text: String) -> [String] {
    do throws(ContextError) {
        let location = try ContextLocation(text)
        guard case .git(let reference) = location else { return [location.redacted, "\(location)"] }
        return [
            location.redacted, "\(location)", reference.remote, reference.redacted, "\(reference)",
            "\(reference.written)",
            reference.notice ?? "", ContextError.repositoryNotFound(remote: reference.remote).description,
        ]
    } catch {
        return [error.description]
    }
}

/// Reads a `.gitmodules` and the addresses in it.
func modulesProblem(_ input: [UInt8]) -> String? {
    let modules = GitModules(input)
    for address in modules.addresses.values {
        for remote in ["https://example.com/team/app.git", "git@example.com:team/app.git"] {
            let whole = GitModules.resolve(address, against: remote)
            guard let reference = try? GitReference(submodule: whole, commit: "0", credential: nil) else { continue }
            let scheme = SourceURL(reference.remote)?.scheme ?? "ssh"
            if !["https", "http", "ssh"].contains(scheme) { return "a submodule over \(scheme)" }
            if reference.remote.hasPrefix("-") { return "a submodule at \(reference.remote)" }
        }
    }
    return nil
}
