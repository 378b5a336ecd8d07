import TaskModel

/// A task file as written: its properties, none of them checked against each other yet.
public struct TaskFile: Sendable {
    /// One of `steps`.
    public struct Step: Sendable {
        public struct Mount: Sendable, Hashable {
            public let name: String?
            public let mountPath: String?
        }

        public var id: String?
        public var cmd: String?
        public var build: String?
        public var push: [String] = []
        public var when: [String] = []
        public var timeout: Int?
        public var startDelay: Int?
        public var retries: Int?
        public var retryDelay: Int?
        public var retryOnErrors: [String] = []
        public var repetitions: Int?
        public var ignoreErrors = false
        public var detach = false
        public var keep = false
        public var env: [String] = []
        public var workingDirectory: String?
        public var disableWorkingDirectoryOverride = false
        public var entryPoint: String?
        public var user: String?
        public var network: String?
        public var ports: [String] = []
        public var expose: [String] = []
        public var privileged = false
        public var cpus: String?
        public var isolation: String?
        public var pull = false
        public var cmdDownloadRetries: Int?
        public var cmdDownloadRetryDelay: Int?
        public var cache: String?
        public var volumeMounts: [Mount] = []
        /// Where single properties are, for errors.
        public let places: Places
    }

    /// Where the values of a map are in the file.
    public struct Places: Sendable {
        let whole: TextPlace
        let properties: [String: TextPlace]

        subscript(_ property: String) -> TextPlace { properties[property] ?? whole }
    }

    public struct Network: Sendable, Hashable {
        public var name: String
        /// Empty is the daemon's own choice.
        public var driver: String
        public var ipv6: Bool
        public var skipCreation: Bool
        public var isDefault: Bool
        /// In the file, for errors; nil of those that no file names.
        var place: TextPlace?

        /// Made for files that say nothing of networks.
        public static let standard = Network(
            name: "acb_default_network", driver: "bridge", ipv6: false, skipCreation: false, isDefault: true)
    }

    public struct SecretEntry: Sendable {
        public let id: String?
        public let keyvault: String?
        public let clientID: String?
        let place: TextPlace
    }

    public struct Volume: Sendable {
        public let name: String?
        /// Base64 text by file name.
        public let secret: [(key: String, value: String)]
        let places: Places
    }

    public var version: String?
    public var steps: [Step] = []
    public var stepTimeout: Int?
    public var workingDirectory: String?
    public var env: [String] = []
    public var secrets: [SecretEntry] = []
    public var networks: [Network] = []
    public var volumes: [Volume] = []
    /// Where a second document begins, which nobody reads; nil if there is none, or its place isn't known.
    public let rest: TextPlace?
    /// What templates and aliases made of the text.
    public let rendered: String
    let aliases: TaskAliases?

    /// Whether its version has aliases.
    public var hasAliases: Bool { aliases != nil }

    let places: Places
    let text: TaskFileText

    /// Reads a task file that draws in neither files of aliases nor secrets: fills in aliases and templates, then reads
    /// the YAML. ``TaskFileLoader`` reads all.
    ///
    /// - Parameters:
    ///   - data: what templates can ask for.
    ///   - aliasImages: what the installation sets for names of images.
    /// - Throws: ``TaskFileError`` of the stages `alias`, `template` and `yaml`.
    public init(_ file: String, with data: TemplateData, aliasImages: [String: String] = [:]) throws(TaskFileError) {
        var lines = try TaskFileLines(file)
        var aliases: TaskAliases?
        if lines.hasAliases {
            let block = try AliasBlock(lines.cutAliasBlock(), data)
            if let source = block.sources.first {
                throw TaskFileError(
                    .aliasSource, at: source.place, "The file of aliases '\(source.name)' can't be had here.")
            }
            aliases = TaskAliases(block, files: [], images: aliasImages)
        }
        try self.init(try TaskFileTemplate(lines, aliases: aliases).rendered(with: data))
    }

    /// - Throws: ``TaskFileError`` of the stage `yaml`.
    init(_ text: TaskFileText) throws(TaskFileError) {
        self.text = text
        rendered = text.rendered
        aliases = text.aliases
        do {
            let document = try YAMLDocument(text.rendered)
            rest = document.rest.flatMap { text.locating(TaskFileError(.yamlSyntax, at: $0, "")).place }
            guard let root = document.root else {
                places = Places(whole: TextPlace(line: 1, column: 1), properties: [:])
                return
            }
            let properties = try YAMLProperties(root, "The file")
            places = properties.places(["version", "steps", "env", "secrets", "volumes", "networks"])
            try read(properties)
        } catch {
            throw text.locating(error)
        }
    }

    private mutating func read(_ properties: YAMLProperties) throws(TaskFileError) {
        version = try properties.string("version")
        stepTimeout = try properties.int("stepTimeout")
        workingDirectory = try properties.string("workingDirectory")
        env = try properties.strings("env")
        steps = try properties.list("steps", Step.init)
        networks = try properties.list("networks", Network.init)
        secrets = try properties.list("secrets", SecretEntry.init)
        volumes = try properties.list("volumes", Volume.init)
        guard steps.count <= TaskGraph.maxSteps else {
            throw TaskFileError(
                .tooComplex, at: places["steps"],
                "It has \(steps.count) steps, over the limit of \(TaskGraph.maxSteps).")
        }
    }
}

extension TaskFile.Step {
    fileprivate init(_ node: YAMLNode) throws(TaskFileError) {
        guard !node.isNull else { throw YAMLProperties.mismatch(node, "Each of 'steps'", "a map") }
        let properties = try YAMLProperties(node, "Each of 'steps'")
        places = properties.places([
            "id", "cmd", "build", "push", "when", "retries", "repeat", "cache", "env", "volumeMounts", "privileged",
            "network", "isolation", "ports", "expose", "user", "entryPoint", "cpus",
        ])
        id = try properties.string("id")
        cmd = try properties.string("cmd")
        build = try properties.string("build")
        push = try properties.strings("push")
        when = try properties.strings("when")
        timeout = try properties.int("timeout")
        startDelay = try properties.int("startDelay")
        retries = try properties.int("retries")
        retryDelay = try properties.int("retryDelay")
        retryOnErrors = try properties.strings("retryOnErrors")
        repetitions = try properties.int("repeat")
        ignoreErrors = try properties.bool("ignoreErrors") ?? false
        detach = try properties.bool("detach") ?? false
        keep = try properties.bool("keep") ?? false
        env = try properties.strings("env")
        workingDirectory = try properties.string("workingDirectory")
        disableWorkingDirectoryOverride = try properties.bool("disableWorkingDirectoryOverride") ?? false
        entryPoint = try properties.string("entryPoint")
        user = try properties.string("user")
        network = try properties.string("network")
        ports = try properties.strings("ports")
        expose = try properties.strings("expose")
        privileged = try properties.bool("privileged") ?? false
        cpus = try properties.string("cpus")
        isolation = try properties.string("isolation")
        pull = try properties.bool("pull") ?? false
        cmdDownloadRetries = try properties.int("cmdDownloadRetries")
        cmdDownloadRetryDelay = try properties.int("cmdDownloadRetryDelay")
        cache = try properties.string("cache")
        volumeMounts = try properties.list("volumeMounts") { (item) throws(TaskFileError) in
            let mount = try YAMLProperties(item, "Each of 'volumeMounts'")
            return Mount(name: try mount.string("name"), mountPath: try mount.string("mountPath"))
        }
        // Read for their types alone: they have no effect.
        _ = try properties.ints("exitedWith")
        _ = try properties.ints("exitedWithout")
    }
}

extension TaskFile.Network {
    fileprivate init(_ node: YAMLNode) throws(TaskFileError) {
        let properties = try YAMLProperties(node, "Each of 'networks'")
        name = try properties.string("name") ?? ""
        driver = try properties.string("driver") ?? ""
        ipv6 = try properties.bool("ipv6") ?? false
        skipCreation = try properties.bool("skipCreation") ?? false
        isDefault = try properties.bool("isDefault") ?? false
        place = properties.place
    }
}

extension TaskFile.SecretEntry {
    fileprivate init(_ node: YAMLNode) throws(TaskFileError) {
        let properties = try YAMLProperties(node, "Each of 'secrets'")
        id = try properties.string("id")
        keyvault = try properties.string("keyvault")
        clientID = try properties.string("clientID")
        place = properties.place
    }
}

extension TaskFile.Volume {
    fileprivate init(_ node: YAMLNode) throws(TaskFileError) {
        let properties = try YAMLProperties(node, "Each of 'volumes'")
        name = try properties.string("name")
        secret = try properties.texts("secret") ?? []
        places = properties.places(["name", "secret"])
    }
}

extension YAMLProperties {
    fileprivate func places(_ names: [String]) -> TaskFile.Places {
        TaskFile.Places(
            whole: place,
            properties: Dictionary(names.filter { self[$0] != nil }.map { ($0, place(of: $0)) }) { _, last in last })
    }
}
