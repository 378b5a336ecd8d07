import TaskModel
import Testing

struct BuildVertexTests {
    @Test(arguments: [
        ("[2/3] COPY . /src", true), ("[two 1/2] RUN make", true), ("[linux/arm64 two 12/20] ADD a /", true),
        ("[1/3] FROM docker.io/library/busybox", false), ("[a 1/2] from x", false),
        ("[internal] load build context", false),
        ("[auth] library/busybox:pull token for registry-1.docker.io", false), ("exporting to image", false),
        ("FROM h:1/a:2", false), ("copy /context /", false), ("[", false), ("[/] RUN x", false), ("[2/3]", true),
    ])
    func `steps of the Dockerfile are told from what the builder does besides`(name: String, isStep: Bool) {
        #expect(BuildVertex(position: 0, name: name).isStep == isStep)
    }

    @Test func `what is told of builds is put together`() {
        func vertex(_ position: Int, _ status: BuildVertex.Status) -> BuildVertex {
            BuildVertex(position: position, name: "v", status: status)
        }
        var builds: [BuildVertices] = []

        builds.add(BuildVertices(step: "a", attempt: 1, vertices: [vertex(0, .running), vertex(1, .waiting)]))
        builds.add(BuildVertices(step: "b", attempt: 1, vertices: [vertex(0, .failed)]))
        builds.add(BuildVertices(step: "a", attempt: 1, vertices: [vertex(0, .cached), vertex(2, .running)]))
        builds.add(BuildVertices(step: "b", attempt: 2, vertices: [vertex(1, .running)]))
        builds.add(BuildVertices(step: "b", attempt: 1, vertices: [vertex(7, .running)]))

        #expect(builds.map(\.step) == ["a", "b"])
        #expect(builds[0].vertices == [vertex(0, .cached), vertex(1, .waiting), vertex(2, .running)])
        #expect(builds[1].vertices == [vertex(1, .running)])
    }
}
