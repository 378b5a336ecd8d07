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
        var settings = HTTPClient.Configuration()
        settings.userAgent = "slipway/" + SlipwayServer.version
        settings.trustedCertificates = try TrustedCertificates.bundle(extra: configuration.tls.extraCertificates)
        // As where contexts come from: people of the registry name the hosts.
        settings.addressPolicy = configuration.sources.addresses
        settings.proxy = configuration.proxy
        let post = NotificationPost(http: HTTPClient(settings))
        service = NotificationService(environment, store: store, post: post, write: write)
        sender = NotificationSender(
            environment, store: store,
            recorder: NotificationRecorder(environment, store: store, changes: changes, write: write), post: post)
    }
}
