import TaskModel
import Testing

struct SecretTests {
    @Test func `S20 no description shows a secret`() {
        let credential = Credential(username: "user", password: Secret("hunter2"))
        var dumped = ""
        dump(credential, to: &dumped)

        for text in [
            "\(credential)", String(reflecting: credential), dumped, "\([credential.password])",
            "\(Optional(credential.password) as Any)",
        ] {
            #expect(!text.contains("hunter2"))
        }
        #expect(credential.password.value == "hunter2")
    }
}
