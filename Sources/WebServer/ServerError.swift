import Hummingbird
import NIOCore
import ResourceAPI
import Scheduling
import Storage

/// An answer that is an error: status, code and message of the ARM envelope.
struct ServerError: Error {
    let status: HTTPResponse.Status
    let code: String
    let message: String
    var target: String?
    /// A closer word for what went wrong.
    var detailCode: String?
    /// Seconds after which it is worth trying again.
    var retryAfter: Int?
    /// The methods that the path has, for 405.
    var allowed: [String] = []

    static func unauthenticated(_ message: String) -> ServerError {
        ServerError(status: .unauthorized, code: "AuthenticationFailed", message: message)
    }

    static func notFound(_ message: String) -> ServerError {
        ServerError(status: .notFound, code: "ResourceNotFound", message: message)
    }

    static func tooMany(_ message: String, retryAfter seconds: Int) -> ServerError {
        ServerError(status: .tooManyRequests, code: "TooManyRequests", message: message, retryAfter: seconds)
    }

    static func linkRefused(_ message: String) -> ServerError {
        ServerError(status: .forbidden, code: "AuthenticationFailed", message: message)
    }

    var envelope: ErrorEnvelope {
        ErrorEnvelope(
            code: code, message: message, target: target,
            details: detailCode.map { [ErrorEnvelope.Detail(code: $0, message: message, target: target)] })
    }
}

extension ServerError {
    /// What an error of the modules below is answered with. Nil for one that nobody foresaw.
    init?(_ error: any Error) {
        switch error {
        case let error as ServerError: self = error
        case let error as InvalidRequest:
            self.init(status: .badRequest, code: error.code, message: error.message, target: error.target)
        case let error as RunServiceError:
            self.init(error)
        case let error as PoolServiceError:
            let status: HTTPResponse.Status =
                switch error {
                case .notFound, .agentNotFound, .tokenNotFound: .notFound
                case .configured, .agentEmbedded: .conflict
                case .cacheUnreachable: .serviceUnavailable
                }
            self.init(status: status, code: error.code, message: error.description)
        case let error as TaskServiceError:
            let status: HTTPResponse.Status = if case .notFound = error { .notFound } else { .badRequest }
            self.init(status: status, code: error.code, message: error.description)
        case let error as DeliveryError:
            let status: HTTPResponse.Status = if case .notFound = error { .notFound } else { .badRequest }
            self.init(status: status, code: error.code, message: error.description)
        case let error as SecretServiceError:
            let status: HTTPResponse.Status = if case .notFound = error { .notFound } else { .badRequest }
            self.init(status: status, code: error.code, message: error.description)
        case let error as NotificationServiceError:
            let status: HTTPResponse.Status =
                switch error {
                case .notFound, .deliveryNotFound: .notFound
                case .tooMany: .conflict
                case .plain, .noOrigin: .badRequest
                }
            self.init(status: status, code: error.code, message: error.description)
        case let error as PrincipalError: self.init(error)
        case let error as StorageError: self.init(error)
        case is NIOTooManyBytesError:
            self.init(
                status: .contentTooLarge, code: "RequestContentTooLarge",
                message: "The body of the request is larger than \(WireJSON.maxBytes) bytes, the limit.")
        case let error as HTTPError:
            self.init(
                status: error.status, code: error.status.reasonPhrase.filter { $0 != " " },
                message: error.body ?? error.status.reasonPhrase)
        default:
            guard let error = StorageError(ofDatabase: error) else { return nil }
            self.init(error)
        }
    }

    private init(_ error: RunServiceError) {
        let status: HTTPResponse.Status
        var target: String?
        switch error {
        case .runNotFound: status = .notFound
        case .invalidTaskFile: status = error.code == "PolicyDenied" ? .forbidden : .badRequest
        case .invalidSource: (status, target) = (.badRequest, "sourceLocation")
        default: status = .badRequest
        }
        self.init(
            status: status, code: error.code, message: error.description, target: target,
            detailCode: error.detailCode)
    }

    private init(_ error: PrincipalError) {
        switch error {
        case .notFound: self = .notFound(error.description)
        case .isOwn: self.init(status: .conflict, code: "PrincipalNotChangeable", message: error.description)
        case .lastAdministrator: self.init(status: .conflict, code: "LastAdministrator", message: error.description)
        }
    }

    private init(_ error: StorageError) {
        switch error {
        case .queueFull:
            self.init(status: .tooManyRequests, code: "TooManyRequests", message: error.description, retryAfter: 10)
        case .blobTooLarge: self.init(status: .contentTooLarge, code: "ContextTooLarge", message: error.description)
        case .invalidName, .blobMissing: self.init(status: .badRequest, code: "InvalidName", message: error.description)
        case .io, .diskFull:
            self.init(
                status: .serviceUnavailable, code: "InsufficientStorage", message: error.description, retryAfter: 10)
        case .databaseUnavailable:
            self.init(
                status: .serviceUnavailable, code: "ServiceUnavailable", message: error.description, retryAfter: 5)
        case .newerSchema, .runRemoved, .overtaken, .leaseLost, .logOffset, .secretUnreadable:
            self.init(status: .internalServerError, code: "InternalError", message: error.description)
        }
    }
}
