import TaskModel
import Testing

@testable import BuildAgent

struct QualifiedNameTests {
    @Test(arguments: [
        ("app", "localhost:5000/app:latest"),
        ("app:v1", "localhost:5000/app:v1"),
        ("team/app:v1", "localhost:5000/team/app:v1"),
        ("localhost:5000/app:v1", "localhost:5000/app:v1"),
        ("other.example.test/app:v1", "other.example.test/app:v1"),
    ])
    func `a name gets the run's registry unless it begins with a known one`(name: String, full: String) throws {
        let image = try QualifiedName(name, registry: "localhost:5000", others: ["other.example.test"]).image

        #expect(image.description == full)
    }

    @Test(arguments: [
        "App:v1", "app:", "app:v 1", "app@sha256:" + String(repeating: "a", count: 64), "", "a//b", "app:v1\n",
    ])
    func `a name that breaks the grammar is refused`(name: String) {
        #expect(throws: InvalidName.self) { try QualifiedName(name, registry: "localhost:5000", others: []) }
    }
}
