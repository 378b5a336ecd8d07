public import TaskModel

/// A task file as checked: its steps with their defaults, and what each waits for.
public struct TaskGraph: Sendable {
    /// The most steps of a file.
    public static let maxSteps = 500

    /// In the order of the file.
    public let steps: [Step]
    /// Made in this order before anything else.
    public let networks: [TaskFile.Network]
    public let volumes: [TaskVolume]

    static let rootID = "acb_root"

    /// Checks a file and fills in defaults.
    ///
    /// - Throws: ``TaskFileError`` of the stages `task` and `graph`.
    public init(_ file: TaskFile, defaults: TaskDefaults = TaskDefaults()) throws(TaskFileError) {
        _ = try file.checkedSecrets()
        do {
            volumes = try file.checkedVolumes()
            try file.checkMountNames()
            try file.checkVersion()
            networks = Self.networks(of: file, defaults)
            let maker = try StepMaker(file: file, defaults: defaults, networks: networks)
            steps = try maker.steps()
        } catch {
            throw file.text.locating(error)
        }
    }

    /// Who waits for whom, from the empty text for steps that wait for none.
    public var edges: [(from: String, to: String)] {
        steps.flatMap { step in
            (step.dependencies.isEmpty ? [""] : step.dependencies).map { (from: $0, to: step.id) }
        }
    }

    private static func networks(of file: TaskFile, _ defaults: TaskDefaults) -> [TaskFile.Network] {
        var networks = file.networks
        for index in networks.indices {
            let error = TaskFileError(.commandSyntax, at: networks[index].place, "")
            networks[index].place = file.text.locating(error).place
        }
        if let name = defaults.network, !name.isEmpty {
            networks.append(
                TaskFile.Network(name: name, driver: "", ipv6: false, skipCreation: true, isDefault: true))
        }
        return networks.isEmpty ? [.standard] : networks
    }
}

/// What the caller of a task adds to it.
public struct TaskDefaults: Sendable, Hashable {
    public var workingDirectory: String?
    /// `NAME=value` each, several with commas between them.
    public var env: [String]
    /// An existing network that steps join.
    public var network: String?

    public init(workingDirectory: String? = nil, env: [String] = [], network: String? = nil) {
        self.workingDirectory = workingDirectory
        self.env = env
        self.network = network
    }
}

extension TaskGraph {
    /// One step, ready to be carried out.
    public struct Step: Sendable, Hashable {
        public enum Action: Sendable, Hashable {
            /// Words for `docker run`, options, image and arguments, as a shell reads them.
            case command(String)
            /// Words for `docker build`, as a shell reads them.
            case build(String)
            /// Image names, each once.
            case push([String])

            public var kind: StepResult.Kind {
                switch self {
                case .command: .command
                case .build: .build
                case .push: .push
                }
            }
        }

        public let id: String
        public let action: Action
        /// The ids of steps that must have succeeded first.
        public let dependencies: [String]
        /// For all executions, attempts and delays between them, from the end of ``startDelay``.
        public let timeout: Duration
        public let startDelay: Duration
        /// Attempts after a failed one.
        public let retries: Int
        public let retryDelay: Duration
        /// Unless empty: texts one of which a failed attempt's output must hold for another attempt.
        public let retryOnErrors: [String]
        /// Executions after the first.
        public let repetitions: Int
        public let ignoresErrors: Bool
        public let isDetached: Bool
        public let isKept: Bool
        /// `NAME=value` each, as written.
        public let environment: [String]
        /// As written; nil is the workspace.
        public let workingDirectory: String?
        /// Whether the image's own working directory stays.
        public let keepsImageWorkingDirectory: Bool
        public let entryPoint: String?
        public let user: String?
        /// A name in the file, or `host`, `none` and others that docker knows. Nil is docker's own default.
        public let network: String?
        public let ports: [String]
        public let exposedPorts: [String]
        public let isPrivileged: Bool
        public let cpus: String?
        /// Of Windows; nil is none.
        public let isolation: String?
        public let pullsFirst: Bool
        public let pullRetries: Int
        public let pullRetryDelay: Duration
        public let isCached: Bool
        public let mounts: [TaskMount]
        /// Where its command is in the file; nil where templates moved the lines.
        public let place: TextPlace?
    }
}

/// Files made from secret values.
public struct TaskVolume: Sendable, Hashable {
    public let name: String
    /// Base64 text by file name; not checked yet.
    public let files: [String: String]
}

public struct TaskMount: Sendable, Hashable {
    public let volume: String
    public let path: String
}
