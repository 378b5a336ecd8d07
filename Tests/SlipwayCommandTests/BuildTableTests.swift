import ResourceAPI
import Testing

@testable import slipway

struct BuildTableTests {
    private func step(_ vertices: [BuildVertexProperties], omitted: Int? = nil) -> RunStepProperties {
        var step = RunStepProperties(id: "build", type: "build")
        step.vertices = vertices
        step.omittedVertices = omitted
        return step
    }

    @Test func `vertexes stand in the order of the log, with what the cache spared`() throws {
        let table = VertexTable(
            step([
                BuildVertexProperties(
                    number: 2, name: "[1/3] FROM h:1/base:1@sha256:11", status: "cached", seconds: 0.01),
                BuildVertexProperties(
                    number: 1, name: "[internal] load build definition", status: "successful", seconds: 0.26),
                BuildVertexProperties(name: "exporting to image", status: "skipped"),
                BuildVertexProperties(number: 4, name: "[3/3] RUN make", status: "failed", seconds: 83.4),
                BuildVertexProperties(number: 3, name: "[2/3] COPY . /", status: "cached", seconds: 0),
            ]))

        #expect(
            table?.text() == """
                #  BUILD OF build                    TIME   RESULT
                -  --------------------------------  -----  ------
                1  [internal] load build definition  0.3s   DONE
                2  [1/3] FROM h:1/base:1@sha256:11   0.0s   CACHED
                3  [2/3] COPY . /                    0.0s   CACHED
                4  [3/3] RUN make                    1m23s  ERROR
                   exporting to image
                cache: 1 of 2 steps

                """)
    }

    @Test func `names are shortened to the terminal`() {
        let name = "[2/2] RUN " + String(repeating: "x", count: 200)
        let table = VertexTable(step([BuildVertexProperties(number: 1, name: name, status: "running")], omitted: 3))

        let lines = table?.text(width: 60).split(separator: "\n") ?? []

        #expect(lines.allSatisfy { $0.count <= 60 })
        #expect(lines[2].hasSuffix("xxx…        ..."))
        #expect(lines[3] == "and 3 more, which are not kept")
        #expect(lines[4] == "cache: 0 of 1 steps")
    }

    @Test func `platforms have a column where there are several`() {
        let table = VertexTable(
            step([
                BuildVertexProperties(number: 1, name: "[1/1] COPY a /", platform: "linux/arm64", status: "cached"),
                BuildVertexProperties(number: 1, name: "[1/1] COPY a /", platform: "linux/amd64", status: "cached"),
            ]))

        #expect(
            table?.text() == """
                #  BUILD OF build  PLATFORM     TIME  RESULT
                -  --------------  -----------  ----  ------
                1  [1/1] COPY a /  linux/amd64        CACHED
                1  [1/1] COPY a /  linux/arm64        CACHED
                cache: 2 of 2 steps

                """)
    }

    @Test func `a step that builds nothing has no table`() {
        #expect(VertexTable(RunStepProperties(id: "test")) == nil)
    }

    @Test func `base images are shown with what their names stood for, and stand for now`() {
        func base(_ repository: String, _ change: (inout BaseImageProperties) -> Void) -> BaseImageProperties {
            var base = BaseImageProperties(registry: "h:1", repository: repository, tag: "1")
            (base.step, base.use) = ("build", "buildtime")
            change(&base)
            return base
        }
        let table = BaseImageTable([
            base("same") {
                ($0.use, $0.digest, $0.registryDigest, $0.isMoved) = ("runtime", "sha256:1", "sha256:1", false)
            },
            base("moved") { ($0.digest, $0.registryDigest, $0.isMoved) = ("sha256:1", "sha256:2", true) },
            base("local") { $0.problem = "The registry h:1 can't be reached" },
            base("copied") { ($0.digest, $0.digestSource) = ("sha256:4", "registry") },
            base("pinned") { ($0.tag, $0.digest) = (nil, "sha256:3") },
        ])

        #expect(
            table.text() == """
                BASE IMAGE    DIGEST      USE        IN REGISTRY
                ------------  ----------  ---------  -----------
                h:1/same:1    sha256:1    runtime    the same
                h:1/moved:1   sha256:1    buildtime  moved since
                h:1/local:1   none known  buildtime  not known
                h:1/copied:1  sha256:4    buildtime  told by it
                h:1/pinned    sha256:3    buildtime

                h:1/moved:1 is now sha256:2
                h:1/local:1: The registry h:1 can't be reached

                """)
    }
}
