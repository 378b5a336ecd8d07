/// The query of a git reference in BuildKit's form: `?ref=…&subdir=…`.
struct GitQuery {
    var ref: String?
    var subdir: String?
    var commit: String?
    var keepsGitDirectory = false
    var fetchesSubmodules = true
    /// What is wrong with it, though its names are all known.
    var problem: ContextError?

    private static let names: Set<String> = [
        "ref", "branch", "tag", "subdir", "commit", "checksum", "keep-git-dir", "submodules", "mtime",
    ]

    /// Nil if the query has other names, which makes the URL a download. No query at all is an empty one.
    init?(_ text: String?) {
        guard let text else { return }
        guard !text.isEmpty else { return nil }
        var given: Set<String> = []
        for pair in text.split(separator: "&", omittingEmptySubsequences: false) {
            let name = String(pair.prefix { $0 != "=" })
            guard Self.names.contains(name) else { return nil }
            guard given.insert(name).inserted else {
                problem = .invalidURL("?" + name, reason: "its query names that twice")
                continue
            }
            guard let value = percentDecoded(pair.dropFirst(name.count + 1)) else {
                problem = .invalidURL("?" + name, reason: "its query holds a broken percent-escape")
                continue
            }
            take(name, value, isFlag: !pair.contains("="))
        }
    }

    private mutating func take(_ name: String, _ value: String, isFlag: Bool) {
        switch name {
        case "keep-git-dir", "submodules":
            guard let flag = Self.flag(value, isFlag: isFlag) else {
                problem = .invalidURL("?\(name)=\(value)", reason: "that is neither true nor false")
                return
            }
            if name == "submodules" { fetchesSubmodules = flag } else { keepsGitDirectory = flag }
        case "mtime":
            if value != "checkout" && value != "commit" {
                problem = .invalidURL("?mtime=\(value)", reason: "mtime is checkout or commit")
            }
        case _ where value.isEmpty:
            problem = .invalidReference("?\(name)=", reason: "it is empty")
        case "ref": takeRef(value)
        case "branch": takeRef("refs/heads/" + value)
        case "tag": takeRef("refs/tags/" + value)
        case "subdir": subdir = value
        default:
            let isCommit = (7...64).contains(value.utf8.count) && value.utf8.allSatisfy { hexValue($0) != nil }
            guard isCommit, commit == nil || commit == value.lowercased() else {
                problem = .invalidReference(value, reason: "it is no commit id, or one of two")
                return
            }
            commit = value.lowercased()
        }
    }

    private mutating func takeRef(_ value: String) {
        if let ref, ref != value { problem = .invalidReference(value, reason: "\(ref) is asked for as well") }
        ref = value
    }

    private static func flag(_ value: String, isFlag: Bool) -> Bool? {
        if isFlag || value.isEmpty { return true }
        return ["1": true, "true": true, "0": false, "false": false][value.lowercased()]
    }
}
