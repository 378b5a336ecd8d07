import CurlHTTP
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import RegistryGateway
import TaskModel

/// `/acr/v1`: listings and removals as the Azure CLI asks for them.
///
/// Names of repositories hold slashes, so what stands behind them is looked for from the end.
struct RepositoriesController {
    let desk: RegistryDesk
    let logins: RegistryLogins
    let proxy: RegistryProxy

    private static let prefix = "/acr/v1/"

    func addRoutes(to router: some RouterMethods<ResourceContext>) {
        router.get("acr/v1/**", use: show)
        router.delete("acr/v1/**", use: delete)
    }

    private func show(_ request: Request, _ context: ResourceContext) async throws -> Response {
        try await desk.answer(request) { registry in
            let target = try target(of: request)
            let query = RegistryForm(request.uri.query ?? "")
            if case .catalog = target {
                _ = try await logins.require([.catalog], of: request, context, at: registry)
                return try await catalog(request, registry)
            }
            let name = target.repository
            _ = try await logins.require(
                [RegistryAccess(repository: name, "metadata_read"), RegistryAccess(repository: name, "pull")],
                of: request, context, at: registry)
            switch target {
            case .catalog: throw RegistryFailure.unknownPath
            case .repository: return try .json(try await proxy.repository(name, in: registry))
            case .tags:
                let (listing, last) = try await proxy.tags(of: name, in: registry, try ListingPage { query[$0] })
                return try page(listing, last: last, request, query)
            case .tag(_, let tag): return try .json(try await proxy.tag(tag, of: name, in: registry))
            case .manifests:
                let (listing, last) = try await proxy.manifests(of: name, in: registry, try ListingPage { query[$0] })
                return try page(listing, last: last, request, query)
            case .manifest(_, let reference):
                return try .json(try await proxy.manifest(reference, of: name, in: registry))
            }
        }
    }

    private func delete(_ request: Request, _ context: ResourceContext) async throws -> Response {
        try await desk.answer(request) { registry in
            let target = try target(of: request)
            let name = target.repository
            _ = try await logins.require(
                [RegistryAccess(repository: name, "delete")], of: request, context, at: registry)
            switch target {
            case .repository:
                let removed = try await proxy.deleteRepository(name, in: registry)
                return try .json(removed, status: .accepted)
            case .tag(_, let tag):
                try await proxy.deleteTag(tag, of: name, in: registry)
                return Response(status: .accepted)
            case .manifest(_, let digest):
                let call = RegistryCall("DELETE", .manifest(repository: name, reference: digest))
                let answer = try await proxy.forward(call, to: registry)
                return Response(status: HTTPResponse.Status(code: answer.status))
            case .catalog, .tags, .manifests:
                throw RegistryFailure(405, "UNSUPPORTED", "Lists are not deleted, only what is in them.")
            }
        }
    }

    /// The registry's own list, whose links lead on here.
    private func catalog(_ request: Request, _ registry: Registry) async throws -> Response {
        let answer = try await proxy.forward(
            RegistryCall("GET", .catalog, query: request.uri.query), to: registry)
        guard case .stream(let opened, _) = answer.body else {
            throw RegistryFailure(
                502, "UNKNOWN", "The registry behind \(registry.loginServer) has no list of repositories.")
        }
        let bytes = try await opened.response.bytes(limit: 4 << 20)
        var response = Response(
            status: HTTPResponse.Status(code: answer.status),
            headers: [.contentType: "application/json; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
        if let link = answer.headers["Link"] {
            response.headers[.link] = link.replacing("</v2/_catalog", with: "<\(Self.prefix)_catalog")
        }
        return response
    }

    private func page(
        _ listing: some Encodable, last: String?, _ request: Request, _ query: RegistryForm
    ) throws -> Response {
        var response = try Response.json(listing)
        if let last {
            var parts = ["last=\(last)"]
            for name in ["n", "orderby"] {
                // What is not plain was refused before.
                if let value = query[name] { parts.append("\(name)=\(value)") }
            }
            response.headers[.link] = "<\(request.uri.path)?\(parts.joined(separator: "&"))>; rel=\"next\""
        }
        return response
    }

    // MARK: Paths

    private enum Target {
        case catalog
        case repository(String)
        case tags(String)
        case tag(String, String)
        case manifests(String)
        case manifest(String, String)

        var repository: String {
            switch self {
            case .catalog: ""
            case .repository(let name), .tags(let name), .tag(let name, _), .manifests(let name),
                .manifest(let name, _):
                name
            }
        }
    }

    private func target(of request: Request) throws(RegistryFailure) -> Target {
        guard request.uri.path.hasPrefix(Self.prefix) else { throw .unknownPath }
        let text = request.uri.path.dropFirst(Self.prefix.count)
        let parts = text.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
        guard let last = parts.last else { throw .unknownPath }
        let before = parts.count > 1 ? parts[parts.count - 2] : ""
        // No part of a repository's name begins with a line.
        switch (before, last) {
        case (_, "_catalog") where parts.count == 1: return .catalog
        case (_, "_tags"): return .tags(try repository(parts.dropLast()))
        case (_, "_manifests"): return .manifests(try repository(parts.dropLast()))
        case ("_tags", _): return .tag(try repository(parts.dropLast(2)), last)
        case ("_manifests", _):
            let name = try repository(parts.dropLast(2))
            guard ImageReference.isTag(last) || ImageReference.isDigest(last) else {
                throw .unknownManifest("\(name)@\(last)")
            }
            return .manifest(name, last)
        default: return .repository(try repository(parts[...]))
        }
    }

    private func repository(_ parts: ArraySlice<String>) throws(RegistryFailure) -> String {
        let name = parts.joined(separator: "/")
        guard ImageReference.isRepository(name) else { throw .invalidName(name) }
        return name
    }
}

extension HTTPField.Name {
    fileprivate static let link = HTTPField.Name("Link") ?? .location
}
