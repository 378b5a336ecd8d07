import Forges
import Testing

struct ForgeErrorTests {
    @Test func `a refused token says what to do`() {
        let error = ForgeError.tokenRefused(server: "git.example.com", reason: "401")

        #expect(error.description.contains("Give the task a new one"))
    }
}
