import RegistryGateway
import TaskModel
import Testing

struct RegistryAccessTests {
    @Test(arguments: [
        ("repository:team/app:pull,push", ["repository:team/app:pull,push"]),
        ("repository:a:pull repository:b:pull,push", ["repository:a:pull", "repository:b:pull,push"]),
        ("repository(plugin):a:pull", ["repository:a:pull"]), ("registry:catalog:*", ["registry:catalog:*"]),
        ("registry:None:*", []), ("repository:*:pull", []), ("repository:UPPER:pull", []), ("repository:a", []),
        ("", []), ("::: : :", []), ("repository:a:pull:push", []),
    ])
    func `scopes are read, and what can't exist gives nothing`(text: String, expected: [String]) {
        #expect(RegistryAccess.read(scopes: [text]).map(\.scope) == expected)
    }

    @Test(arguments: [
        (Role.acrPull, "repository:a:pull,push,delete,metadata_read", "repository:a:pull,metadata_read"),
        (.acrPush, "repository:a:*", "repository:a:pull,push,metadata_read,metadata_write"),
        (.acrDelete, "repository:a:pull,push,metadata_write,metadata_read,delete", "repository:a:metadata_read,delete"),
        (.reader, "repository:a:push,pull", "repository:a:pull"), (.poolOperator, "repository:a:pull", ""),
        (.acrPull, "registry:catalog:*", "registry:catalog:*"), (.poolOperator, "registry:catalog:*", ""),
        (.admin, "repository:a:pull,fly", "repository:a:pull"),
    ])
    func `roles give what they give and no more`(role: Role, wanted: String, expected: String) throws {
        let access = try #require(RegistryAccess(scope: wanted[...]))

        #expect((access.granted(by: role.permissions)?.scope ?? "") == expected)
    }

    @Test func `rights to all repositories include each`() {
        let own = [
            RegistryAccess(type: "repository", name: "*", actions: ["pull"]), RegistryAccess(repository: "a", "push"),
        ]

        #expect(own.include(RegistryAccess(repository: "b", "pull")))
        #expect(own.include(RegistryAccess(repository: "a", "pull", "push")))
        #expect(!own.include(RegistryAccess(repository: "b", "push")))
        #expect(!own.include(.catalog))
    }
}
