import TaskModel
import Testing

@testable import slipway_server

struct SettingTextTests {
    @Test(arguments: [
        ("0", 0), ("1048576", 1_048_576), ("512MiB", 536_870_912), ("4 GiB", 4_294_967_296), ("4gib", 4_294_967_296),
        ("10GB", 10_000_000_000), ("7B", 7), ("", nil), ("MiB", nil), ("-1", nil), ("1.5GiB", nil), ("4 giga", nil),
        ("9223372036854775807", Int64.max), ("9223372036854775808", nil), ("9999999TiB", nil), ("٣", nil),
    ])
    func `sizes are bytes or have a unit`(text: String, bytes: Int64?) {
        #expect(byteCount(text) == bytes)
    }

    @Test(arguments: [
        ("90", 90), ("90s", 90), ("15m", 900), ("4h", 14_400), ("2d", 172_800), ("0", 0), ("1h30m", nil), ("h", nil),
        ("-5", nil), ("99999999999999999999", nil), ("9223372036854775807h", nil),
    ])
    func `times are seconds or have a unit`(text: String, expected: Int?) {
        #expect(seconds(text) == expected)
    }

    @Test(arguments: [
        ("registry.example.com", "registry.example.com"), ("Registry.Example.com:5000", "registry.example.com:5000"),
        ("127.0.0.1:8443", "127.0.0.1:8443"), ("[::1]:8443", "[::1]:8443"), ("[::1]", "[::1]"), ("a_b", "a_b"),
        ("", nil), (":80", nil), ("host:", nil), ("host:0", nil), ("host:65536", nil), ("host:+80", nil),
        ("host:8 0", nil),
        ("::1", nil), ("[::1", nil), ("[::1]x", nil), ("[nothing]", nil), ("-a.example", nil), ("a..b", nil),
        ("a b", nil),
        ("host/path", nil), ("user@host", nil), ("1.2.3.256", nil), ("1.2.3", nil), ("hóst", nil),
    ])
    func `a host with its port is read as it is written in URLs`(text: String, expected: String?) {
        #expect(HostAndPort(text)?.description == expected)
    }

    @Test(arguments: [
        ("limits.logByte", "logBytes"), ("registires", "registries"), ("LISTEN", "listen"), ("publicUrl", "publicURL"),
    ])
    func `a mistyped name is most like the right one`(typed: String, expected: String) {
        let names = ["logBytes", "registries", "listen", "publicURL", "tls", "log", "data"]

        #expect(nearestName(to: String(typed.split(separator: ".").last ?? ""), in: names) == expected)
    }

    @Test(arguments: ["xyz", "a", "", "somethingElseEntirely"])
    func `a name like none gets no suggestion`(name: String) {
        #expect(nearestName(to: name, in: ["data", "listen", "registries"]) == nil)
    }

    @Test(arguments: [
        ("https://user:pass@host", "https://***@host"), ("user:p@ss@host", "***@host"),
        ("https://host", "https://host"),
    ])
    func `what may be a password in a URL is not shown`(text: String, shown: String) {
        #expect(withoutPassword(text) == shown)
    }
}
