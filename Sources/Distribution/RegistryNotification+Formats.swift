import Foundation
import TaskModel

extension RegistryNotification {
    static func read<Document: Decodable>(_ type: Document.Type, _ body: [UInt8]) throws(UnreadableNotification)
        -> Document
    {
        do {
            return try JSONDecoder().decode(type, from: Data(body))
        } catch DecodingError.keyNotFound(let key, let context) {
            let path = (context.codingPath + [key]).map(\.stringValue).joined(separator: ".")
            throw UnreadableNotification(reason: "it has no '\(path.escapedForDisplay)'")
        } catch {
            throw UnreadableNotification(reason: "it is no JSON of the expected shape")
        }
    }
}

/// The envelope that `distribution` sends (`application/vnd.docker.distribution.events.v1+json`; "Work with notifications" in its manual).
struct DistributionEvents: Decodable {
    struct Event: Decodable {
        struct Target: Decodable {
            var repository: String?
            var tag: String?
        }

        let action: String
        var target: Target?
    }

    let events: [Event]

    var pushed: [(repository: String?, tag: String?)] {
        events.filter { $0.action == "push" }.map { ($0.target?.repository, $0.target?.tag) }
    }
}

/// Harbor's webhooks, in its own format (`type: PUSH_ARTIFACT`) and as CloudEvents (`type: harbor.artifact.pushed`).
struct HarborEvent: Decodable {
    struct Content: Decodable {
        struct Repository: Decodable {
            /// `project/repository`.
            let repo_full_name: String
        }

        struct Resource: Decodable {
            var tag: String?
        }

        var repository: Repository?
        var resources: [Resource]?
    }

    let type: String
    var event_data: Content?
    /// Of a CloudEvent.
    var data: Content?

    private static let pushes: Set = ["PUSH_ARTIFACT", "harbor.artifact.pushed"]

    var pushed: [(repository: String?, tag: String?)] {
        guard Self.pushes.contains(type), let content = event_data ?? data else { return [] }
        return (content.resources ?? []).map { (content.repository?.repo_full_name, $0.tag) }
    }
}

/// A webhook of Azure Container Registry ("webhook schema reference" in its manual).
struct ACREvent: Decodable {
    struct Target: Decodable {
        var repository: String?
        var tag: String?
    }

    var id: String?
    /// `push`, `delete`, `chart_push`, `quarantine`, `ping` and others.
    let action: String
    var target: Target?

    var pushed: [(repository: String?, tag: String?)] {
        action == "push" ? [(target?.repository, target?.tag)] : []
    }
}

/// A webhook of Docker Hub, which tells pushes only ("webhooks" in its manual).
struct DockerHubEvent: Decodable {
    struct Push: Decodable {
        var tag: String?
    }

    struct Repository: Decodable {
        /// `user/repository`; `library/` in front of its own.
        let repo_name: String
    }

    let push_data: Push
    let repository: Repository

    var pushed: [(repository: String?, tag: String?)] {
        let name = repository.repo_name
        return [(name.contains("/") ? name : "library/" + name, push_data.tag)]
    }
}
