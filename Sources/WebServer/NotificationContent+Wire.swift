import ResourceAPI
public import Scheduling
import TaskModel

extension ServerIdentity {
    /// What is posted to those who are told how runs go: ``NotificationMessage``.
    public func notificationBody(_ content: NotificationContent) throws -> [UInt8] {
        try WireJSON.encode(
            NotificationMessage(
                event: content.event, time: Timestamp(content.time), registry: content.registry,
                status: content.status?.rawValue,
                run: content.run.map {
                    RunResource(
                        $0,
                        in: ResourceID(
                            subscription: subscription, resourceGroup: resourceGroup, registry: content.registry))
                }))
    }
}
