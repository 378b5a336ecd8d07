import TaskModel
import Testing

struct PlatformTests {
    @Test(arguments: [
        ("linux", "linux"), ("linux/amd64", "linux/amd64"), ("Linux/ARM64/v8", "linux/arm64/v8"),
        ("windows/amd64", "windows/amd64"),
        ("linux/arm/v7", "linux/arm/v7"), ("linux/386", "linux/386"),
    ])
    func `a platform is read in any case`(text: String, description: String) {
        #expect(Platform(text)?.description == description)
    }

    @Test(arguments: [
        "", "linux/", "/amd64", "darwin", "linux/riscv", "linux/arm/v9", "linux/arm/v7/x", "linux amd64",
        "linux/amd64\n",
    ])
    func `what is no platform is none`(text: String) {
        #expect(Platform(text) == nil)
    }
}
