import Crypto
import Foundation
import Hummingbird
import NIOCore
import Storage
import TaskModel

/// Takes contexts: one `PUT`, or blocks and then their list, as clients of blob stores send them.
struct UploadsController {
    let uploads: BlobStore
    let links: LinkSigner

    func addRoutes(to router: some RouterMethods<ResourceContext>) {
        router.put("blobs/uploads/:name", use: put)
        router.get("blobs/uploads/:name", use: refuse)
        router.head("blobs/uploads/:name", use: refuse)
    }

    /// Uploads are not read through links: none of them is good for it.
    private func refuse(_ request: Request, _ context: ResourceContext) throws -> Response {
        throw ServerError.linkRefused("The link's signature is not valid for reading. Ask for a new link.")
    }

    private func put(_ request: Request, _ context: ResourceContext) async throws -> Response {
        let name = context.parameters.get("name") ?? ""
        let query = request.uri.queryParameters
        try links.check(container: "uploads", name: name, permission: "cw") { query[Substring($0)].map(String.init) }
        switch query["comp"] {
        case nil: try await uploads.put(name, Chunks(body: request.body))
        case "block":
            guard let id = query["blockid"] else { throw missingBlockID }
            try await uploads.put(Self.blockName(of: name, id: String(id)), Chunks(body: request.body))
        case "blocklist":
            let list = String(buffer: try await request.body.collect(upTo: 4 << 20))
            try await uploads.assemble(name, from: Self.blockIDs(in: list).map { Self.blockName(of: name, id: $0) })
        default:
            throw ServerError(
                status: .badRequest, code: "InvalidQueryParameterValue", message: "comp can be block or blocklist.")
        }
        return Response(status: .created, headers: [.eTag: "\"\(name)\""])
    }

    private var missingBlockID: ServerError {
        ServerError(status: .badRequest, code: "MissingRequiredQueryParameter", message: "comp=block needs blockid.")
    }

    /// Block ids are any text, often long ones that differ at their ends only; the file's name holds their hash.
    static func blockName(of name: String, id: String) -> String {
        "\(name.prefix(30))-\(SHA256.hash(data: Data(id.utf8)).hexadecimal)"
    }

    /// The texts of the elements `Latest`, `Committed` and `Uncommitted` of a block list, in order.
    static func blockIDs(in list: String) -> [String] {
        list.matches(of: /<(Latest|Committed|Uncommitted)>([^<]*)<\//).map {
            String($0.output.2).trimmingCharacters(in: .whitespacesAndNewlines)
        }
    }
}

/// A request's body as arrays of bytes.
private struct Chunks: AsyncSequence {
    typealias Element = [UInt8]
    let body: RequestBody

    struct Iterator: AsyncIteratorProtocol {
        var buffers: RequestBody.AsyncIterator

        mutating func next() async throws -> [UInt8]? {
            try await buffers.next().map { Array($0.readableBytesView) }
        }
    }

    func makeAsyncIterator() -> Iterator { Iterator(buffers: body.makeAsyncIterator()) }
}
