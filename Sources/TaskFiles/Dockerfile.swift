public import TaskModel

/// A Dockerfile, read for the images it builds on. Whether it is a good one is for the builder to say: what can't be
/// read here gives no images and a note.
public struct Dockerfile: Sendable {
    /// The longest file that is looked at, in bytes.
    public static let maxBytes = 1 << 20

    /// The image named by `# syntax=`, as written: the builder fetches it before anything else.
    public let syntax: String?
    let instructions: [Instruction]
    let escape: UInt8
    let notes: [String]

    public init(_ bytes: [UInt8]) {
        guard bytes.count <= Self.maxBytes else {
            self.init(
                syntax: nil, instructions: [], escape: 0, notes: ["the Dockerfile has more than \(Self.maxBytes) bytes"]
            )
            return
        }
        let reader = DockerfileReader(bytes)
        self.init(syntax: reader.syntax, instructions: reader.instructions, escape: reader.escape, notes: reader.notes)
    }

    private init(syntax: String?, instructions: [Instruction], escape: UInt8, notes: [String]) {
        self.syntax = syntax
        self.instructions = instructions
        self.escape = escape
        self.notes = notes
    }

    /// Whether an `ARG` names it, in any place: a secret argument that is declared may end up in the image's history.
    public func declares(argument name: String) -> Bool {
        instructions.contains { instruction in
            instruction.keyword == "ARG" && instruction.declaredArguments.contains { $0.name == name }
        }
    }

    /// Finds the base images for one build.
    ///
    /// - Parameters:
    ///   - arguments: the build arguments.
    ///   - target: name or index of the stage to build; nil for the last.
    ///   - platform: what is built for.
    ///   - buildPlatform: what is built on; nil for the same.
    public func baseImages(
        arguments: [String: String] = [:], target: String? = nil, platform: Platform = .linuxAMD64,
        buildPlatform: Platform? = nil
    ) -> BaseImages {
        var search = BaseImageSearch(
            escape: escape, arguments: arguments, target: target, platform: platform,
            buildPlatform: buildPlatform ?? platform, notes: notes)
        for instruction in instructions where !search.isDone { search.read(instruction) }
        return search.result
    }
}

extension Instruction {
    /// The words of an `ARG`: `name` or `name=default`, the default as written.
    var declaredArguments: [(name: String, value: String?)] {
        words(of: arguments).map { word in
            guard let equals = word.firstIndex(of: "=") else { return (word, nil) }
            return (String(word[..<equals]), String(word[word.index(after: equals)...]))
        }
    }

    /// White space outside quotes separates words; quotes stay.
    private func words(of text: String) -> [String] {
        var words: [String] = []
        var word = ""
        var quote: Character?
        for character in text {
            if quote == nil, character.isWhitespace {
                if !word.isEmpty { words.append(word) }
                word = ""
                continue
            }
            if character == quote {
                quote = nil
            } else if quote == nil, character == "\"" || character == "'" {
                quote = character
            }
            word.append(character)
        }
        return word.isEmpty ? words : words + [word]
    }
}
