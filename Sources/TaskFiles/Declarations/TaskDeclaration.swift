/// A task as somebody wrote it down in YAML: what it is to be like, whole. What is not said has its default.
public struct TaskDeclaration: Sendable {
    /// 1 to 50 letters, digits, `-` and `_`.
    public var name = ""
    /// Where it begins in the file.
    public var place = TextPlace(line: 1, column: 1)
    public var work = Work.none
    public var context: String?
    /// What fetches the context.
    public var token: DeclaredText?
    /// Of a task file.
    public var values: [(name: String, value: DeclaredText)] = []
    public var secretValues: [(name: String, value: DeclaredText)] = []
    public var platform: String?
    public var cpu: Int?
    /// In seconds.
    public var timeout: Int?
    public var agentPool: String?
    public var logTemplate: String?
    public var queue = Queue()
    /// `Enabled` or `Disabled`.
    public var status: String?
    /// `Default` or `None`.
    public var authMode: String?
    /// The id of an identity, beside ``authMode``.
    public var authIdentity: String?
    public var credentials: [(host: String, login: Login)] = []
    /// `[system]`, or the id of a resource.
    public var identities: [String] = []
    public var tags: [(name: String, value: String)] = []
    public var triggers = Triggers()

    public init() {}

    /// What its runs do.
    public enum Work: Sendable {
        /// Nothing of itself: such a task only gives settings to others.
        case none
        case image(Image)
        /// A task file of the context.
        case file(path: String, valuesFile: String?)
        /// A task file that stands in the declaration.
        case steps(text: String, valuesText: String?)
        case command(String)
    }

    public struct Image: Sendable {
        public var dockerfile: String?
        public var names: [String] = []
        public var push: Bool?
        public var noCache: Bool?
        public var target: String?
        public var arguments: [(name: String, value: DeclaredText)] = []
        public var secretArguments: [(name: String, value: DeclaredText)] = []
    }

    public struct Queue: Sendable {
        public var priority: Int?
        public var concurrency: Int?
        public var supersede: Bool?
        public var retryOnAgentLoss: Int?
    }

    /// At another registry.
    public struct Login: Sendable {
        public var username: DeclaredText?
        public var password: DeclaredText?
        public var identity: String?
    }

    public struct Triggers: Sendable {
        public var commits: Source?
        public var pullRequests: Source?
        public var timers: [Timer] = []
        public var baseImages = BaseImages()
    }

    /// What of a repository starts the task.
    public struct Source: Sendable {
        public var name: String?
        public var enabled = true
        /// Nil: the context's.
        public var repository: String?
        /// Nil: ``TaskDeclaration/token``.
        public var token: DeclaredText?
        public var branches: [String]?
        public var tags: [String]?
        public var paths: [String]?
        public var contextFolderOnly: Bool?
        public var ignoreSkipMarks: Bool?
        public var reportStatus: Bool?
        /// `none` or `restricted`.
        public var forks: String?
    }

    public struct Timer: Sendable {
        public var name: String?
        public var schedule = ""
        public var timeZone: String?
        public var enabled = true
    }

    public struct BaseImages: Sendable {
        public var name: String?
        public var enabled = true
        /// `Runtime` or `All`; nil for none at all.
        public var type: String? = "Runtime"
    }
}

/// A text that stands in a declaration, or that it says where to find.
public enum DeclaredText: Sendable, Hashable {
    case text(String)
    /// A variable of the environment.
    case environment(String)
    /// A file, relative to the declaration's folder.
    case file(String)
    /// The URL of a secret in a vault.
    case vault(String)
}

/// Why a declaration can't be read, and where in its file.
public struct TaskDeclarationError: Error, Equatable {
    public let place: TextPlace?
    public let reason: String

    init(at place: TextPlace?, _ reason: String) {
        self.place = place
        self.reason = reason
    }

    init(_ error: TaskFileError) {
        self.init(at: error.place, error.reason)
    }
}

extension TaskDeclarationError: CustomStringConvertible {
    public var description: String { (place.map { "\($0.line):\($0.column): " } ?? "") + reason }
}
