import CurlHTTP
import Scheduling
import Storage

/// What tells others how runs go.
struct Notifications {
    let service: NotificationService
    let sender: NotificationSender

    init(
        _ configuration: ServerConfiguration, _ environment: SchedulerEnvironment, _ store: NotificationStore,
        changes: RunChangeStore, write: @escaping NotificationContent.Writer
    ) throws {
        // As where contexts come from: people of the registry name the hosts.
        let post = NotificationPost(http: try configuration.client(for: configuration.sources.addresses))
        service = NotificationService(environment, store: store, post: post, write: write)
        sender = NotificationSender(
            environment, store: store,
            recorder: NotificationRecorder(environment, store: store, changes: changes, write: write), post: post)
    }
}
