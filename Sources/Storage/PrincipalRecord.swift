public import Foundation
public import TaskModel

/// A principal with what is kept about it. The secrets themselves are not.
public struct PrincipalRecord: Sendable, Hashable {
    public let principal: Principal
    public let createTime: Date
    /// Whether it is the server's own administrator.
    public let isOwn: Bool
    /// Those that are good, oldest first: one, or two while one takes over.
    public let secrets: [PrincipalSecret]
}

/// A secret of a principal as it is known afterwards: without the secret.
public struct PrincipalSecret: Sendable, Hashable {
    /// Tells the secrets of a principal apart.
    public let id: String
    public let createTime: Date
    /// When it stops to be good; nil for the one that is not over until it is replaced.
    public let endTime: Date?

    public init(id: String, createTime: Date, endTime: Date?) {
        self.id = id
        self.createTime = createTime
        self.endTime = endTime
    }
}

/// Why a principal can't be changed or found.
public enum PrincipalError: Error, Equatable {
    case notFound(String)
    /// The server's own administrator, whose login stands in a file of the data folder.
    case isOwn(String)
    /// Nobody would be left with the role Admin everywhere.
    case lastAdministrator
}

extension PrincipalError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notFound(let id):
            "There is no principal '\(id.escapedForDisplay)'. 'slipway principal list' shows those there are."
        case .isOwn(let id):
            """
            \(id) is the server's own administrator, who can't be changed or removed. For a new secret, stop the \
            server and run 'slipway-server principal rotate \(id)' on its machine.
            """
        case .lastAdministrator:
            """
            Nobody would be left with the role Admin in all registries. Give that role to somebody else first, with \
            'slipway principal assign ID --role Admin'.
            """
        }
    }
}
