import Foundation
import TaskModel
import Testing

@testable import DockerEngine

struct ClassicStepsTests {
    private func steps(_ lines: [String], failure: String? = nil) -> ClassicSteps {
        var steps = ClassicSteps()
        for (second, line) in lines.enumerated() {
            let time = Date(timeIntervalSince1970: Double(second))
            if line.hasPrefix("Digest: ") || line.hasPrefix("Status: ") {
                steps.read(pull: line)
            } else {
                _ = steps.read(line, at: time)
            }
        }
        steps.finish(failure: failure, at: Date(timeIntervalSince1970: Double(lines.count)))
        return steps
    }

    @Test func `each step begins with its line and ends with the next one`() {
        let steps = steps(
            [
                "Step 1/3 : FROM scratch", "\n", " ---> \n", "Step 2/3 : COPY a /a", "\n", " ---> Using cache\n",
                " ---> 0123\n", "Step 3/3 : RUN false", "\n", " ---> Running in 4567\n",
            ], failure: "exit code 1")

        #expect(steps.vertices.map(\.name) == ["[1/3] FROM scratch", "[2/3] COPY a /a", "[3/3] RUN false"])
        #expect(steps.vertices.map(\.status) == [.successful, .cached, .failed])
        #expect(steps.vertices.map(\.seconds) == [3, 2, 3])
        #expect(steps.vertices.last?.error == "exit code 1")
        #expect(steps.vertices.map(\.isStep) == [false, true, true])
    }

    @Test func `what a program prints is no step and no sign of the cache`() {
        let steps = steps([
            "Step 1/1 : RUN x", "\n", " ---> Running in 4567\n", " ---> Using cache\n", "Step 1/9 : FROM y\n",
        ])

        #expect(steps.vertices.map(\.status) == [.successful])
        #expect(steps.bases.isEmpty)
    }

    @Test func `digests of pulls go to the images that were pulled`() {
        let (one, two) = ("sha256:" + String(repeating: "1", count: 64), "sha256:" + String(repeating: "2", count: 64))

        let steps = steps([
            "Step 1/4 : FROM busybox AS base\n", "Digest: \(one)", "Status: Downloaded newer image for busybox:latest",
            "Step 2/4 : FROM base\n", "Step 3/4 : COPY --from=h:1/tools:2 /a /a\n", "Digest: \(two)",
            "Status: Image is up to date for h:1/tools:2", "Step 4/4 : COPY --from=0 /b /b\n",
        ])

        #expect(
            steps.bases == [
                BaseImage(reference: "busybox", digest: one), BaseImage(reference: "h:1/tools:2", digest: two),
            ])
    }
}
