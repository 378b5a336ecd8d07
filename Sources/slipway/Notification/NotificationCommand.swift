import ArgumentParser
import ResourceAPI
import TaskModel

struct NotificationCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "notification",
        abstract: "Tell others how runs go: post events of a registry's runs to URLs.",
        discussion: """
            Each event is posted as JSON: event, time, registry, status, and the run as 'slipway runs show -o json' has it, without \
            secrets. Headers: X-Slipway-Event; X-Slipway-Delivery, the same id for each attempt; X-Slipway-Timestamp, in seconds since \
            1970; X-Slipway-Signature-256, which is 'sha256=' and the HMAC-SHA256 of TIMESTAMP.BODY under the notification's secret. \
            Whoever receives it should check the signature, and refuse what is older than five minutes.

            What isn't answered with a status of 200 to 299 within 10 s is sent again, for 24 hours, more and more seldom; Retry-After is \
            heeded, redirects are not followed, and 410 disables the notification. One URL is told things in order.
            """,
        subcommands: [
            NotificationCreate.self, NotificationList.self, NotificationShow.self, NotificationDelete.self,
            NotificationDeliveries.self, NotificationReplay.self, NotificationPing.self,
        ],
        defaultSubcommand: NotificationList.self, aliases: ["notifications"])
}

/// Which notification.
struct NotificationReference: ParsableArguments {
    @Option(name: [.short, .long], help: "The notification's name: 1 to 50 letters, digits, '-' and '_'.")
    var name: String

    func validate() throws {
        // Anything else would be another path of the API.
        guard name.isPathSegment else { throw ValidationError("'\(name)' is no name of a notification.") }
    }
}

extension String {
    /// Whether it can be one segment of a path of the API, as names and ids are.
    var isPathSegment: Bool {
        !isEmpty && allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
    }
}

extension Output {
    func write(_ notifications: [NotificationResource]) throws {
        try write(
            columns: ["NAME", "URL", "EVENTS", "TASKS", "STATUSES", "STATUS"], rows: notifications.map(Self.cells),
            json: try JSONDocument(of: notifications))
    }

    /// With the secret, where it is told.
    func write(_ notification: NotificationResource) throws {
        let secret = notification.secret?.value
        try write(
            columns: ["NAME", "URL", "EVENTS", "TASKS", "STATUSES", "STATUS"] + (secret == nil ? [] : ["SECRET"]),
            rows: [Self.cells(notification) + [secret].compactMap(\.self)], json: try JSONDocument(of: notification))
        if let problem = notification.problem, format == .table { Terminal.say(problem) }
    }

    private static func cells(_ notification: NotificationResource) -> [String] {
        [
            notification.name ?? "", notification.url ?? "", notification.events?.joined(separator: ",") ?? "",
            notification.tasks?.joined(separator: ",") ?? "", notification.statuses?.joined(separator: ",") ?? "",
            notification.status ?? "",
        ]
    }

    func write(_ deliveries: [NotificationDeliveryResource]) throws {
        try write(
            columns: ["ID", "EVENT", "RUN", "CREATED", "STATE", "ATTEMPTS", "NEXT", "LAST", "ANSWER", "ERROR"],
            rows: deliveries.map {
                [
                    $0.id, $0.event, $0.run ?? "", $0.createTime.shortDescription, $0.state, "\($0.attempts)",
                    $0.nextTime?.shortDescription ?? "", $0.lastTime?.shortDescription ?? "",
                    $0.lastStatus.map { "\($0)" } ?? "", $0.lastError ?? "",
                ]
            }, json: try JSONDocument(of: deliveries))
    }
}
