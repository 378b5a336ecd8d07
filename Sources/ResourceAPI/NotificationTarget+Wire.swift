public import Foundation
public import TaskModel

extension NotificationTarget {
    private static let shortestSecret = 16
    private static let longestSecret = 1024
    private static let mostPatterns = 100

    /// Reads what a `PUT` says.
    ///
    /// - Parameters:
    ///   - known: the stored one of that name, whose secret stays if no other is given, and whose URL if it comes as it was shown.
    ///   - makeSecret: makes the secret of a new one that brings none.
    /// - Throws: ``InvalidRequest`` naming the field.
    public init(
        _ wire: NotificationResource, name: String, registry: String, known: NotificationTarget?, at now: Date,
        makeSecret: () -> Secret
    ) throws(InvalidRequest) {
        self.init(
            name: try Self.checkedName(known?.name ?? name), registry: registry,
            url: try Self.url(wire.url, known: known?.url),
            secret: try wire.secret.map { (secret) throws(InvalidRequest) in try Self.checked(secret) }
                ?? known?.secret ?? makeSecret(),
            events: try Self.events(wire.events), tasks: try Self.tasks(wire.tasks),
            statuses: try Self.statuses(wire.statuses),
            isEnabled: try TaskDefinition.isEnabled(wire.status, field: "status"),
            createTime: known?.createTime ?? now)
    }

    private static func checkedName(_ name: String) throws(InvalidRequest) -> String {
        guard (1...50).contains(name.utf8.count),
            name.utf8.allSatisfy({ RequestChecks.isAlphanumeric($0) || $0 == 0x2d || $0 == 0x5f })
        else {
            throw InvalidRequest(
                code: "InvalidName",
                message:
                    "'\(name.escapedForDisplay)' is no name of a notification: use 1 to 50 letters, digits, '-' and '_'.",
                target: "name")
        }
        return name
    }

    private static func url(_ text: String?, known: NotificationURL?) throws(InvalidRequest) -> NotificationURL {
        guard let text, !text.isEmpty else {
            throw InvalidRequest(
                code: "InvalidParameter", message: "A notification needs a URL to post to.", target: "url")
        }
        // Clients send back what they were shown.
        if let known, text == known.shown { return known }
        do throws(InvalidName) {
            return try NotificationURL(text)
        } catch {
            throw InvalidRequest(code: "InvalidParameter", message: error.description, target: "url")
        }
    }

    private static func checked(_ secret: Secret) throws(InvalidRequest) -> Secret {
        guard (shortestSecret...longestSecret).contains(secret.value.utf8.count),
            !RequestChecks.hasControlCharacters(secret.value)
        else {
            throw InvalidRequest(
                code: "InvalidParameter",
                message:
                    "The secret must have \(shortestSecret) to \(longestSecret) bytes and no control characters. Leave it out to have one made.",
                target: "secret")
        }
        return secret
    }

    private static func events(_ wire: [String]?) throws(InvalidRequest) -> Set<NotificationEvent> {
        guard let wire else { return [.started, .finished] }
        return try words(wire, field: "events", known: NotificationEvent.allCases.map(\.rawValue)) {
            NotificationEvent(rawValue: $0.lowercased())
        }
    }

    private static func statuses(_ wire: [String]?) throws(InvalidRequest) -> Set<RunStatus>? {
        guard let wire else { return nil }
        let known = RunStatus.allCases.filter(\.isTerminal)
        return try words(wire, field: "statuses", known: known.map(\.rawValue)) { text in
            RunStatus(anyCase: text).flatMap { known.contains($0) ? $0 : nil }
        }
    }

    private static func words<Word: Hashable>(
        _ wire: [String], field: String, known: [String], _ read: (String) -> Word?
    ) throws(InvalidRequest) -> Set<Word> {
        var words: Set<Word> = []
        for text in wire {
            guard let word = read(text) else {
                throw InvalidRequest(
                    code: "InvalidParameter",
                    message: "'\(text.escapedForDisplay)' is none of the \(field): use "
                        + known.joined(separator: ", ") + ".", target: field)
            }
            words.insert(word)
        }
        guard !words.isEmpty else {
            throw InvalidRequest(
                code: "InvalidParameter",
                message: "An empty list of \(field) means nothing: leave it out, or set the status to Disabled.",
                target: field)
        }
        return words
    }

    private static func tasks(_ wire: [String]?) throws(InvalidRequest) -> [NamePattern]? {
        guard let wire else { return nil }
        guard (1...mostPatterns).contains(wire.count) else {
            throw InvalidRequest(
                code: "InvalidParameter",
                message: "Give 1 to \(mostPatterns) patterns of tasks, or leave the list out for all.", target: "tasks")
        }
        var patterns: [NamePattern] = []
        for text in wire {
            do throws(InvalidName) {
                patterns.append(try NamePattern(text))
            } catch {
                throw InvalidRequest(code: "InvalidName", message: error.description, target: "tasks")
            }
        }
        return patterns
    }
}

extension NotificationResource {
    /// As it is shown.
    ///
    /// - Parameters:
    ///   - hasSecret: whether the secret is told.
    ///   - hasWholeURL: whether user info and query of the URL are.
    public init(_ target: NotificationTarget, hasSecret: Bool = false, hasWholeURL: Bool = false) {
        name = target.name
        url = hasWholeURL ? target.url.secret.value : target.url.shown
        secret = hasSecret ? target.secret : nil
        events = NotificationEvent.allCases.filter(target.events.contains).map(\.rawValue)
        tasks = target.tasks?.map(\.text)
        statuses = target.statuses.map { statuses in RunStatus.allCases.filter(statuses.contains).map(\.rawValue) }
        status = target.isEnabled ? "Enabled" : "Disabled"
        problem = target.problem
        createTime = Timestamp(target.createTime)
    }
}
