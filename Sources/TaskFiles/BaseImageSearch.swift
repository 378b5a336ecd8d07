import TaskModel

/// Walks through the instructions of a Dockerfile and collects its stages and their images.
struct BaseImageSearch {
    private struct OpenStage {
        let name: String?
        let platform: Platform?
        let from: BaseImage
        var others: [BaseImage] = []
    }

    private static let maxVariables = 10_000
    private static let maxNotes = 20

    private let escape: UInt8
    private let arguments: [String: String]
    private let target: String?
    /// What `FROM` may use: arguments declared before the first one, and those that describe the platforms.
    private var variables: [String: String]
    private var stages: [OpenStage] = []
    private var indexes: [String: Int] = [:]
    private var notes: [String]
    /// Whether the target has been read to its end.
    private(set) var isDone = false

    init(
        escape: UInt8, arguments: [String: String], target: String?, platform: Platform, buildPlatform: Platform,
        notes: [String]
    ) {
        self.escape = escape
        self.arguments = arguments
        self.target = target?.lowercased()
        self.notes = notes
        variables = Self.platformArguments("TARGET", platform).merging(Self.platformArguments("BUILD", buildPlatform)) {
            first, _ in first
        }
        variables["TARGETSTAGE"] = self.target ?? "default"
        for name in variables.keys { variables[name] = arguments[name] ?? variables[name] }
    }

    private static func platformArguments(_ prefix: String, _ platform: Platform) -> [String: String] {
        [
            prefix + "PLATFORM": platform.description, prefix + "OS": platform.os,
            prefix + "ARCH": platform.architecture ?? "",
            prefix + "VARIANT": platform.variant ?? "",
        ]
    }

    var result: BaseImages {
        var notes = notes
        if stages.isEmpty {
            notes.append("no FROM was found")
        } else if let target, !isTarget(stages.count - 1) {
            notes.append("there is no stage '\(target.escapedForDisplay)'")
        }
        if notes.count > Self.maxNotes {
            notes = notes.prefix(Self.maxNotes) + ["and \(notes.count - Self.maxNotes) more like these"]
        }
        return BaseImages(
            stages: stages.map {
                BaseImages.Stage(name: $0.name, platform: $0.platform, from: $0.from, others: $0.others)
            }, notes: notes)
    }

    private func isTarget(_ index: Int) -> Bool {
        guard let target, stages.indices.contains(index) else { return false }
        return stages[index].name == target || String(index) == target
    }

    mutating func read(_ instruction: Instruction) {
        switch instruction.keyword {
        case "FROM": readFrom(instruction)
        case "ARG" where stages.isEmpty: readGlobalArgument(instruction)
        case "COPY": readCopy(instruction)
        case "RUN": readMounts(instruction)
        default: break
        }
    }

    // MARK: Arguments

    private mutating func readGlobalArgument(_ instruction: Instruction) {
        // Names of images need few; each may hold as much as a word can grow to.
        for (name, written) in instruction.declaredArguments where variables.count < Self.maxVariables {
            if let given = arguments[name] {
                variables[name] = given
            } else if let written {
                // A value that can't be read counts as not given: whoever uses it is then noted.
                variables[name] = expanded(written, instruction)
            }
        }
    }

    /// The word with its variables filled in; nil, and a note, if that can't be done.
    private mutating func expanded(_ word: String, _ instruction: Instruction) -> String? {
        do {
            return try WordExpansion.expand(word, variables, escape: escape)
        } catch {
            notes.append(note(instruction, word, error.reason))
            return nil
        }
    }

    private func note(_ instruction: Instruction, _ word: String, _ reason: String) -> String {
        "line \(instruction.line): \(instruction.keyword) \(String(word.escapedForDisplay.prefix(200))): \(reason)"
    }

    // MARK: Stages

    private mutating func readFrom(_ instruction: Instruction) {
        if isTarget(stages.count - 1) {
            isDone = true
            return
        }
        let words = instruction.arguments.split(whereSeparator: \.isWhitespace).map(String.init)
        let isNamed = words.count == 3 && words[1].lowercased() == "as"
        let written = words.first ?? ""
        let from: BaseImage
        if words.count == 1 || isNamed {
            from = image(written, instruction, expanding: true)
        } else {
            from = unreadable(written, instruction, "it should be FROM image or FROM image AS name")
        }
        var platform: Platform?
        if let flag = instruction.value(ofFlag: "platform"), let text = expanded(flag, instruction) {
            platform = Platform(text)
            if platform == nil {
                notes.append(note(instruction, flag, "'\(text.escapedForDisplay)' is no known platform"))
            }
        }
        let name = isNamed ? words[2].lowercased() : nil
        stages.append(OpenStage(name: name, platform: platform, from: from))
        if let name { indexes[name] = stages.count - 1 }
    }

    private mutating func readCopy(_ instruction: Instruction) {
        guard !stages.isEmpty, let source = instruction.value(ofFlag: "from") else { return }
        let index = stages.count - 1
        if let number = Int(source) {
            let origin: BaseImage =
                (0..<index).contains(number)
                ? BaseImage(written: source, origin: .stage(number), line: instruction.line)
                : unreadable(source, instruction, "there is no earlier stage with this index")
            stages[index].others.append(origin)
        } else {
            let base = image(source, instruction, expanding: false)
            stages[index].others.append(base)
        }
    }

    private mutating func readMounts(_ instruction: Instruction) {
        guard !stages.isEmpty else { return }
        for mount in instruction.values(ofFlag: "mount") {
            for field in mount.split(separator: ",") {
                let parts = field.split(separator: "=", maxSplits: 1)
                guard parts.count == 2, parts[0].lowercased() == "from" else { continue }
                let base = image(String(parts[1]), instruction, expanding: false)
                stages[stages.count - 1].others.append(base)
            }
        }
    }

    // MARK: Images

    /// What a name stands for: an earlier stage, nothing, or an image.
    private mutating func image(_ written: String, _ instruction: Instruction, expanding: Bool) -> BaseImage {
        var name = written
        if expanding {
            guard let text = expanded(written, instruction) else {
                return BaseImage(
                    written: written, origin: .unreadable("its variables can't be filled in"), line: instruction.line)
            }
            name = text
        } else if written.contains("$") {
            return unreadable(written, instruction, "builders take no variables here")
        }
        guard !name.isEmpty else {
            return unreadable(written, instruction, "the name is empty; does a build argument have no value?")
        }
        // The stage that is being read is no earlier one: its name is not known yet in FROM, and means an image
        // elsewhere.
        let earlier = expanding ? stages.count : stages.count - 1
        if let index = indexes[name.lowercased()], index < earlier {
            return BaseImage(written: written, origin: .stage(index), line: instruction.line)
        }
        if name == "scratch" { return BaseImage(written: written, origin: .scratch, line: instruction.line) }
        do {
            return BaseImage(written: written, origin: .image(try ImageReference(name)), line: instruction.line)
        } catch {
            return unreadable(written, instruction, error.description)
        }
    }

    private mutating func unreadable(_ written: String, _ instruction: Instruction, _ reason: String) -> BaseImage {
        notes.append(note(instruction, written, reason))
        return BaseImage(written: written, origin: .unreadable(reason), line: instruction.line)
    }
}

extension Instruction {
    fileprivate func values(ofFlag name: String) -> [String] {
        flags.compactMap { flag in
            let start = "--" + name + "="
            return flag.lowercased().hasPrefix(start) ? String(flag.dropFirst(start.count)) : nil
        }
    }

    fileprivate func value(ofFlag name: String) -> String? { values(ofFlag: name).first }
}
