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

    @Test func `platforms are separated by commas`() {
        #expect(Platform.list("linux/amd64, linux/arm64/v8")?.map(\.description) == ["linux/amd64", "linux/arm64/v8"])
        #expect(Platform.list("linux/amd64,") == nil)
        #expect(Platform.list("") == nil)
    }

    @Test(arguments: [
        ("linux/amd64", "amd64", true), ("linux/386", "amd64", true), ("linux/arm/v7", "arm64", true),
        ("linux", "arm64", true), ("linux/arm64", "amd64", false), ("linux/amd64", "386", false),
    ])
    func `a processor carries out its own programs`(platform: String, architecture: String, isNative: Bool) {
        #expect(Platform(platform)?.isNative(to: architecture) == isNative)
    }

    @Test(arguments: [
        "", "linux/", "/amd64", "darwin", "linux/riscv", "linux/arm/v9", "linux/arm/v7/x", "linux amd64",
        "linux/amd64\n",
    ])
    func `what is no platform is none`(text: String) {
        #expect(Platform(text) == nil)
    }
}
