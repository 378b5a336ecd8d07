import ResourceAPI
import TaskModel
import Testing

struct ResourceIDTests {
    private let text = "/subscriptions/S/resourceGroups/MyGroup/providers/Microsoft.ContainerRegistry/registries/acme01"

    @Test func `a registry's id is taken apart and put together`() throws {
        let id = try #require(ResourceID(text))

        #expect(id.subscription == "S")
        #expect(id.resourceGroup == "MyGroup")
        #expect(id.registry == "acme01")
        #expect(id.description == text)
        #expect(id.type == "Microsoft.ContainerRegistry/registries")
    }

    @Test func `a run stands below its registry`() throws {
        let id = try #require(ResourceID(text)).run(RunID(sequence: 1))

        #expect(id.description == text + "/runs/ca1")
        #expect(id.type == ResourceID.runType)
        #expect(ResourceID(id.description) == id)
        #expect(ResourceID(id.description)?.children.first?.name == "ca1")
    }

    @Test func `case makes no difference`() throws {
        let id = try #require(ResourceID(text))

        #expect(ResourceID(text.lowercased()) == id)
        #expect(ResourceID(text.uppercased()) == id)
        #expect(Set([id, ResourceID(text.uppercased()) ?? id]).count == 1)
        #expect(ResourceID(text.lowercased())?.resourceGroup == "mygroup")
    }

    @Test(arguments: [
        "", "/", "/subscriptions/S", "/subscriptions/S/resourceGroups/G",
        "/subscriptions/S/resourceGroups/G/providers/Microsoft.Compute/registries/r",
        "/subscriptions//resourceGroups/G/providers/Microsoft.ContainerRegistry/registries/r",
        "/subscriptions/S/resourceGroups/G/providers/Microsoft.ContainerRegistry/registries/r/runs",
        "/subscriptions/S/resourceGroups/G/providers/Microsoft.ContainerRegistry/registries/r/",
        "x/subscriptions/S/resourceGroups/G/providers/Microsoft.ContainerRegistry/registries/r",
    ])
    func `what is no id is none`(text: String) {
        #expect(ResourceID(text) == nil)
    }
}
