import CurlHTTP
import Foundation
public import TaskModel

extension RegistryClient {
    /// The tags of a repository in the registry's order (`GET /v2/<name>/tags/list`, page by page).
    ///
    /// - Parameters:
    ///   - registry: as image names spell it.
    ///   - pageSize: how many are asked for at once; the registry may give fewer.
    ///   - limit: the most tags returned; what comes after is left out.
    /// - Throws: ``DistributionError``, `InvalidName`, `CancellationError`.
    public func tags(
        of repository: String, in registry: String, credential: Credential? = nil, pageSize: Int = 1000,
        limit: Int = 100_000
    ) async throws -> [String] {
        let path = "/v2/\(try repositoryPath(repository))/tags/list"
        var tags: [String] = []
        var query = "n=\(pageSize)"
        var seen: Set<String> = []
        // A page that was there before would go on for ever.
        while seen.insert(query).inserted {
            let call = Call(
                registry: registry, path: path + "?" + query, name: registry + "/" + repository,
                scope: "repository:\(repository):pull",
                credential: credential)
            let answer = try await answer(to: call)
            // Whatever keeps it from being read, it is no page then.
            guard let page = try? JSONDecoder().decode(TagPage.self, from: Data(answer.bytes)) else {
                throw DistributionError.invalidAnswer(
                    registry: registry, reason: "its list of tags is no JSON of the expected form")
            }
            tags += (page.tags ?? []).filter(ImageReference.isTag)
            guard tags.count < limit, let next = nextQuery(in: answer.headers) else { break }
            query = next
        }
        return Array(tags.prefix(limit))
    }

    /// The query of `Link: <…?query>; rel="next"`. Only the query is taken: the rest of the address is known, and must
    /// not change.
    private func nextQuery(in headers: [HTTPHeader]) -> String? {
        for header in headers where header.name.lowercased() == "link" {
            for link in header.value.split(separator: ",")
            where link.contains("rel=\"next\"") || link.contains("rel=next") {
                guard let open = link.firstIndex(of: "<"), let close = link.firstIndex(of: ">"), open < close,
                    let question = link[open..<close].firstIndex(of: "?")
                else { continue }
                let query = link[link.index(after: question)..<close]
                return query.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "#") } ? String(query) : nil
            }
        }
        return nil
    }
}

private struct TagPage: Decodable {
    /// Null in repositories whose last tag was deleted.
    let tags: [String]?
}
