/// The options of a docker command, told apart from what follows them, as docker's own client reads them.
struct CommandOptions {
    enum Kind {
        /// Is there or not: `--rm`, `--rm=false`.
        case flag
        /// Has a value, in the same word after `=` or in the next.
        case value
        /// As ``flag``, and refused when it is on; says what to do instead.
        case refusedFlag(String)
        /// As ``value``, and refused.
        case refused(String)
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
            func refusal(_ reason: String) -> CommandProblem {
                .unsupported("the option '\(shown)' of \(command). \(reason)")
            }
            guard let kind = kinds[name] else { throw refusal("Look whether it is spelled as docker spells it") }
            switch kind {
            case .flag, .refusedFlag:
                let isOn: Bool
                switch attached {
                case nil, "true", "1", "t", "T", "TRUE", "True": isOn = true
                case "false", "0", "f", "F", "FALSE", "False": isOn = false
                case .some(let value): throw .syntax("'\(value)' for '\(shown)' is neither true nor false")
                }
                if case .refusedFlag(let reason) = kind, isOn { throw refusal(reason) }
                options.append(Option(name: name, value: isOn ? "true" : "false"))
            case .value:
                guard let value = attached ?? words.popFirst() else { throw .syntax("'\(shown)' needs a value") }
                options.append(Option(name: name, value: value))
            case .refused(let reason): throw refusal(reason)
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
                        throw .unsupported(
                            "the option '-\(letter)' of \(command). Look whether it is spelled as docker spells it")
                    }
                    if kinds[name]?.isFlag == true, letters.first != "=" {
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

    // MARK: Reading

    func values(_ names: String...) -> [String] { options.filter { names.contains($0.name) }.map(\.value) }

    /// Of an option that counts once, the last.
    func last(_ names: String...) -> String? { options.last { names.contains($0.name) }?.value }

    func isOn(_ name: String) -> Bool { last(name) == "true" }

    /// `NAME=value` entries; without `=` the value is empty.
    func pairs(_ name: String) -> [(name: String, value: String)] { values(name).map(Self.pair) }

    static func pair(_ text: String) -> (name: String, value: String) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
    }

    /// - Parameter what: for errors: `a number of processes`.
    func number(_ name: String, in range: ClosedRange<Int64>, _ what: String) throws(CommandProblem) -> Int64? {
        guard let text = last(name) else { return nil }
        guard let number = Int64(text), range.contains(number) else { throw .syntax("'\(text)' is no \(what)") }
        return number
    }

    func bytes(_ name: String) throws(CommandProblem) -> Int64? {
        guard let text = last(name) else { return nil }
        return try CommandAmount.bytes(text)
    }

    func duration(_ name: String) throws(CommandProblem) -> Duration? {
        guard let text = last(name) else { return nil }
        return try CommandAmount.duration(text)
    }
}

extension CommandOptions.Kind {
    fileprivate var isFlag: Bool {
        switch self {
        case .flag, .refusedFlag: true
        case .value, .refused: false
        }
    }
}
