import Testing

@testable import WebServer

struct BlockNameTests {
    @Test func `blocks whose ids differ at their ends only are different ones`() {
        // As the Azure CLI names them: base64 of a number behind many zeros.
        let ids = [
            "MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw",
            "MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDQxOTQz",
        ]
        let upload = String(repeating: "a", count: 32) + ".tar.gz"

        let names = ids.map { UploadsController.blockName(of: upload, id: $0) }

        #expect(Set(names).count == 2)
        #expect(names.allSatisfy { $0.utf8.count <= 100 })
    }
}
