import Crypto
import Foundation
import Testing

@testable import WebServer

struct LinkSignerTests {
    private let signer = LinkSigner(key: SymmetricKey(data: Data(repeating: 3, count: 64)), keyVersion: "v") {
        Date(timeIntervalSince1970: 1_800_000_000)
    }

    private func parameters(of link: String) -> [String: String] {
        let query = link.split(separator: "?").last ?? ""
        return Dictionary(
            query.split(separator: "&").map { pair in
                let parts = pair.split(separator: "=")
                return (String(parts[0]), String(parts[1]))
            }
        ) { first, _ in first }
    }

    @Test func `S17 a link is good for its blob and use alone`() throws {
        let link = try signer.sign(.upload, name: "a.tar.gz", server: "https://s")
        let good = parameters(of: link)

        #expect(link.hasPrefix("https://s/blobs/uploads/a.tar.gz?"))
        try signer.check(container: "uploads", name: "a.tar.gz", permission: "cw") { good[$0] }
        #expect(throws: ServerError.self) {
            try signer.check(container: "uploads", name: "b.tar.gz", permission: "cw") { good[$0] }
        }
        #expect(throws: ServerError.self) {
            try signer.check(container: "uploads", name: "a.tar.gz", permission: "r") { good[$0] }
        }
        #expect(throws: ServerError.self) {
            try signer.check(container: "logs-a", name: "a.tar.gz", permission: "cw") { good[$0] }
        }
        for changed in ["se", "sp", "sv", "sig"] {
            let bad = good.merging([changed: changed == "se" ? "1900000000" : "00"]) { _, new in new }
            #expect(throws: ServerError.self) {
                try signer.check(container: "uploads", name: "a.tar.gz", permission: "cw") { bad[$0] }
            }
        }
    }

    @Test func `S17 a link ends, and another key refuses it`() throws {
        let good = parameters(of: try signer.sign(.upload, name: "a", server: "https://s"))
        let later = LinkSigner(key: SymmetricKey(data: Data(repeating: 3, count: 64)), keyVersion: "v") {
            Date(timeIntervalSince1970: 1_800_000_000 + 4 * 3600)
        }
        let other = LinkSigner(key: SymmetricKey(data: Data(repeating: 4, count: 64)), keyVersion: "v") {
            Date(timeIntervalSince1970: 1_800_000_000)
        }

        #expect(throws: ServerError.self) {
            try later.check(container: "uploads", name: "a", permission: "cw") { good[$0] }
        }
        #expect(throws: ServerError.self) {
            try other.check(container: "uploads", name: "a", permission: "cw") { good[$0] }
        }
    }
}
