import Testing

@testable import CurlHTTP

struct AddressPolicyTests {
    @Test(arguments: [
        "127.0.0.1", "127.9.9.9", "0.0.0.0", "169.254.169.254", "100.100.100.200", "224.0.0.1", "255.255.255.255",
        "::1", "::", "fe80::1", "fd00:ec2::254", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "2002:7f00:1::", "::127.0.0.1",
    ])
    func `S3 loopback, link-local, metadata and their disguises are refused`(address: String) throws {
        let address = try #require(IPAddress(address))

        #expect(!AddressPolicy().allows(origin: "https://host", address: address))
    }

    @Test(arguments: [
        "10.0.0.1", "192.168.1.1", "172.16.0.9", "93.184.216.34", "fd12::1", "2001:db8::1", "::ffff:10.0.0.1",
    ])
    func `private and public addresses are allowed`(address: String) throws {
        let address = try #require(IPAddress(address))

        #expect(AddressPolicy().allows(origin: "https://host", address: address))
    }

    @Test func `an allowed network or origin is let through`() throws {
        let address = try #require(IPAddress("127.0.0.1"))
        let network = try #require(Network("127.0.0.0/8"))

        #expect(AddressPolicy(allowed: [network]).allows(origin: "http://a", address: address))
        #expect(AddressPolicy(allowedOrigins: ["http://a"]).allows(origin: "http://a", address: address))
        #expect(!AddressPolicy(allowedOrigins: ["http://a"]).allows(origin: "http://a:81", address: address))
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("10.1.2.0/23", "10.1.3.255", true),
        ("10.1.2.0/23", "10.1.4.0", false), ("0.0.0.0/0", "8.8.8.8", true), ("fd00::/8", "fd99::1", true),
        ("fd00::/8", "fe00::1", false),
        ("10.0.0.1", "10.0.0.1", true), ("10.0.0.1", "10.0.0.2", false), ("10.0.0.0/8", "fd00::1", false),
    ])
    func `a network holds exactly its addresses`(network: String, address: String, isInside: Bool) throws {
        let network = try #require(Network(network))
        let address = try #require(IPAddress(address))

        #expect(network.contains(address) == isInside)
    }

    @Test(arguments: ["", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0/8", "host", "10.0.0.0/8/8", "fd00::/129"])
    func `what is no network is none`(text: String) {
        #expect(Network(text) == nil)
    }

    @Test(arguments: [
        ("https://Example.com/a", "https://example.com"), ("https://example.com:443", "https://example.com"),
        ("http://example.com:8080/?x", "http://example.com:8080"), ("http://u:p@h/a@b", "http://h"),
        ("http://[::1]:80/", "http://[::1]"),
        ("https://h#@evil", "https://h"),
    ])
    func `an origin is scheme, host and port`(url: String, origin: String) {
        #expect(HTTPOrigin(url: url)?.description == origin)
    }

    @Test(arguments: ["ftp://h", "h", "http://", "https://h:x", "https://h:70000", "file:///etc/passwd", "http:/h"])
    func `what is no http URL has no origin`(url: String) {
        #expect(HTTPOrigin(url: url) == nil)
    }

    @Test(arguments: [
        ("https://git.example.com", "http://proxy:1"), ("http://plain.example.org", nil), ("https://a.internal", nil),
        ("https://internal", nil), ("https://10.1.2.3", nil), ("https://127.0.0.1:5", nil),
        ("https://notinternal", "http://proxy:1"),
    ])
    func `requests go through the proxy unless their host is exempt`(url: String, proxy: String?) throws {
        let settings = ProxySettings(environment: [
            "https_proxy": "http://proxy:1", "no_proxy": ".internal, 10.0.0.0/8",
        ])

        #expect(settings.url(for: try #require(HTTPOrigin(url: url))) == proxy)
    }
}
