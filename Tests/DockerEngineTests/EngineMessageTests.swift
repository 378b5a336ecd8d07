import CurlHTTP
import Foundation
import TaskModel
import TestSupport
import Testing

@testable import DockerEngine

struct EngineMessageTests {
    private func messages(_ chunks: [String]) async throws -> [EngineMessage] {
        let pipe = BytePipe()
        for chunk in chunks { try await pipe.write(Array(chunk.utf8)) }
        pipe.finish()
        var reader = EngineMessages(pipe, action: "test")
        var result: [EngineMessage] = []
        while let message = try await reader.next() { result.append(message) }
        return result
    }

    @Test func `messages are found wherever the stream is cut`() async throws {
        let text = "{\"stream\":\"a\\n\"}\r\n\r\n{\"status\":\"b\",\"id\":\"c\"}\n{\"error\":\"d\"}"

        for cut in 0...text.count {
            let found = try await messages([String(text.prefix(cut)), String(text.dropFirst(cut))])
            #expect(found.map { $0.stream ?? $0.status ?? $0.failure ?? "" } == ["a\n", "b", "d"])
        }
    }

    @Test func `what messages carry for programs is read by its members`() async throws {
        let found = try await messages([
            #"{"id":"moby.buildkit.trace","aux":"AQI="}"# + "\n", #"{"aux":{"ID":"sha256:1"}}"# + "\n",
            #"{"progressDetail":{},"aux":{"Tag":"t","Digest":"sha256:2","Size":527}}"# + "\n",
            #"{"aux":{"New":1}}"# + "\n", #"{"aux":[1]}"# + "\n",
        ])

        guard found.count == 5, case .trace([1, 2]) = found[0].aux, case .image("sha256:1") = found[1].aux,
            case .pushed("t", "sha256:2", 527) = found[2].aux, case .other = found[3].aux, case .other = found[4].aux
        else {
            Issue.record("\(found)")
            return
        }
    }

    @Test func `a message without end is not kept for ever`() {
        var lines = LineSplitter(limit: 4)

        #expect(lines.add([1, 2, 3]) == [])
        #expect(lines.add([4, 5]) == nil)
    }

    @Test func `a transfer has a line for each state of a layer`() async throws {
        var lines = TransferLines()
        let found = try await messages([
            #"{"status":"The push refers to repository [h/a]"}"# + "\n",
            #"{"status":"Preparing","progressDetail":{},"id":"l"}"# + "\n",
            #"{"status":"Pushing","progressDetail":{"current":1,"total":9},"progress":"[>]","id":"l"}"# + "\n",
            #"{"status":"Pushing","progressDetail":{"current":9,"total":9},"progress":"[=]","id":"l"}"# + "\n",
            #"{"status":"Pushed","progressDetail":{},"id":"l"}"# + "\n",
            #"{"status":"Pushed","progressDetail":{},"id":"l"}"# + "\n",
        ])

        #expect(
            found.compactMap { lines.line(for: $0) } == [
                "The push refers to repository [h/a]\n", "l: Preparing\n", "l: Pushed\n",
            ])
    }

    @Test(arguments: ["docker.io", "registry-1.docker.io", "index.docker.io"])
    func `Docker Hub's hosts are one registry`(host: String) {
        #expect(RegistryLogin.registry(ofHost: host) == "docker.io")
    }

    @Test func `credentials go into headers as base64url of JSON`() throws {
        let credential = Credential(username: "ü>?", password: Secret("~~~???"))

        let one = try RegistryLogin.header(credential, registry: "h:5000")
        let all = try RegistryLogin.header(["docker.io": credential, "h:5000": credential])

        for header in [one, all] { #expect(!header.contains("+") && !header.contains("/")) }
        let plain = all.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        let decoded = try #require(Data(base64Encoded: plain))
        let logins = try #require(JSONSerialization.jsonObject(with: decoded) as? [String: [String: String]])
        #expect(Set(logins.keys) == ["https://index.docker.io/v1/", "h:5000"])
        #expect(logins["h:5000"]?["password"] == "~~~???")
        #expect(try RegistryLogin.header(nil, registry: "h") == "e30=")
    }

    @Test func `queries are escaped whole, paths but for their separators`() {
        var call = EngineCall("test", "GET", "/images/" + "h:5000/a b@sha256:1".percentEncoded(keeping: "/:@"))
        call.query = [("q", "ä&=+%")]

        #expect(call.target == "/images/h:5000/a%20b@sha256:1?q=%C3%A4%26%3D%2B%25")
    }
}
