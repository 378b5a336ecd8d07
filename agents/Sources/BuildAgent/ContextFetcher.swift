public import Contexts
public import CurlHTTP
import Foundation
import TaskModel

/// Gets the context of a run: a git tree out of a mirror, or an uploaded archive.
public struct ContextFetcher: Sendable {
    let http: HTTPClient
    let directory: String
    let limits: ContextLimits

    /// - Parameters:
    ///   - http: for git servers; its address policy says which may be connected to.
    ///   - directory: the pool's own, for git mirrors; made if missing.
    public init(http: HTTPClient, directory: String, limits: ContextLimits) throws {
        self.http = http
        self.directory = directory
        self.limits = limits
    }

    func fetch(for run: BuildRun) async throws -> PreparedContext {
        throw RunFailure.error("nothing yet")
    }
}
