/// The options of a docker command, told apart from what follows them.
struct CommandOptions {
    enum Kind {
        /// Is there or not: `--rm`, `--rm=false`.
        case flag
        /// Has a value, in the same word after `=` or in the next.
        case value
        /// The same as ``value``, known and not supported here.
        case unsupported
        case unsupportedFlag
        /// Would reach the host; the reason says what.
        case denied(String)
        case deniedFlag(String)
    }

    struct Option: Equatable {
        /// Its long name, without `--`.
        let name: String
        let value: String
    }

    let options: [Option]
    /// The words that are no options.
    let rest: [String]

    /// - Parameters:
    ///   - command: `docker run`, for errors.
    ///   - kinds: by long name.
    ///   - short: long names by letter.
    ///   - stopsAtWord: whether everything after the first word that is no option belongs to it.
    init(
        _ words: [String], of command: String, kinds: [String: Kind], short: [Character: String], stopsAtWord: Bool
    ) throws(CommandProblem) {
        var options: [Option] = []
        var rest: [String] = []
        var words = words[...]

        func add(_ name: String, shown: String, attached: String?) throws(CommandProblem) {
            guard let kind = kinds[name] else {
                throw .unsupported("the option '\(shown)' of \(command)")
            }
            switch kind {
            case .flag:
                switch attached {
                case nil, "true", "1", "t", "T", "TRUE", "True": options.append(Option(name: name, value: "true"))
                case "false", "0", "f", "F", "FALSE", "False": options.append(Option(name: name, value: "false"))
                case .some(let value): throw .syntax("'\(value)' for '\(shown)' is neither true nor false")
                }
            case .value:
                guard let value = attached ?? words.popFirst() else { throw .syntax("'\(shown)' needs a value") }
                options.append(Option(name: name, value: value))
            case .unsupported, .unsupportedFlag: throw .unsupported("the option '\(shown)' of \(command)")
            case .denied(let what), .deniedFlag(let what):
                throw .denied("'\(shown)' (\(what)) is denied by the policy of the agent pool")
            }
        }

        while let word = words.popFirst() {
            if word == "--" {
                rest += words
                words = []
            } else if word.hasPrefix("--") {
                let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                let attached = parts.count > 1 ? String(parts[1]) : nil
                try add(String(parts.first ?? ""), shown: "--\(parts.first ?? "")", attached: attached)
            } else if word.hasPrefix("-"), word.count > 1 {
                // Several flags may share a dash; a letter with a value takes what is left.
                var letters = word.dropFirst()
                while let letter = letters.popFirst() {
                    guard let name = short[letter] else {
                        throw .unsupported("the option '-\(letter)' of \(command)")
                    }
                    if case .flag = kinds[name] {
                        try add(name, shown: "-\(letter)", attached: nil)
                        continue
                    }
                    let attached = letters.first == "=" ? letters.dropFirst() : letters
                    try add(name, shown: "-\(letter)", attached: letters.isEmpty ? nil : String(attached))
                    letters = ""
                }
            } else {
                rest.append(word)
                guard stopsAtWord else { continue }
                rest += words
                words = []
            }
        }
        self.options = options
        self.rest = rest
    }
}
