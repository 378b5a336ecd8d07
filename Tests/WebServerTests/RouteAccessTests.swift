import HTTPTypes
import Hummingbird
import HummingbirdTesting
import ResourceAPI
import Storage
import TaskModel
import Testing

@testable import WebServer

/// Who may use what, for every route that there is: a new one is tested as soon as it is added.
struct RouteAccessTests {
    private func isGuarded(_ route: RouteTable.Route) -> Bool {
        route.access != .open && route.access != .link && route.access != .hook
    }

    @Test func `every route says who may use it, and only these are open to all`() async throws {
        try await WebFixture.with { web async throws in
            let undeclared = web.routes.filter { $0.access == nil }.map(\.name)
            let open = Set(web.routes.filter { $0.access == .open }.map(\.name))
            let links = Set(web.routes.filter { $0.access == .link }.map(\.name))

            #expect(undeclared == [])
            #expect(web.routes.filter { $0.access == .hook }.map(\.name) == ["POST /hooks/{kind}/{hook}"])
            #expect(
                open == [
                    "GET /healthz", "GET /readyz", "GET /version", "GET /metadata/endpoints", "GET /msi",
                    "GET /adfs/.well-known/openid-configuration", "GET /{tenant}/v2.0/.well-known/openid-configuration",
                    "POST /adfs/oauth2/token", "POST /{tenant}/oauth2/v2.0/token",
                ])
            #expect(
                links == [
                    "PUT /blobs/uploads/{name}", "GET /blobs/uploads/{name}", "HEAD /blobs/uploads/{name}",
                    "HEAD /blobs/{container}/{name}", "GET /blobs/{container}/{name}",
                ])
            for route in web.routes where route.path.description.lowercased().contains("{registry}") {
                guard case .registry = route.access else {
                    Issue.record("\(route.name) is below a registry and asks for no permission there")
                    continue
                }
            }
        }
    }

    @Test func `S18 without a token, with an old one or one for something else, nothing is told`() async throws {
        try await WebFixture.with { web async throws in
            let old = try await web.login(RoleAssignment(.admin))
            web.time.advance(3661)
            let other = try await web.login([RoleAssignment(.admin)], for: .registry)
            let good = try await web.login(RoleAssignment(.admin))

            for route in web.routes where isGuarded(route) {
                for token in [nil, old, other, good + "x", "x" + good] {
                    let answer = try await web.call(token, route.method, route.filled())
                    #expect(answer.status == .unauthorized, "\(route.name)")
                    #expect(answer.code == "AuthenticationFailed", "\(route.name)")
                    #expect(answer.headers[.wwwAuthenticate] == "Bearer", "\(route.name)")
                }
            }
        }
    }

    @Test func `S16 a registry where something is forbidden looks like one that is absent`() async throws {
        try await WebFixture.with { web async throws in
            for route in web.routes {
                guard case .registry(let permission) = route.access else { continue }
                let lacking = Role.allCases.filter { !may(permission, $0) }
                let callers = [
                    try await web.login(), try await web.login(RoleAssignment(.admin, in: "other01")),
                    try await web.login(lacking.map { RoleAssignment($0, in: "local01") }),
                ]
                for caller in callers {
                    let forbidden = try await web.call(caller, route.method, route.filled())
                    let absent = try await web.call(caller, route.method, route.filled(["registry": "local02"]))

                    #expect(forbidden.status == .notFound, "\(route.name)")
                    #expect(forbidden.code == "ResourceNotFound", "\(route.name)")
                    #expect(forbidden.text == absent.text.replacing("local02", with: "local01"), "\(route.name)")
                    #expect(forbidden.headers == absent.headers, "\(route.name)")
                }
            }
        }
    }

    @Test func `a role of one registry lets in there, and not elsewhere`() async throws {
        try await WebFixture.with { web async throws in
            for route in web.routes {
                guard case .registry(let permission) = route.access else { continue }
                for role in Role.allCases where may(permission, role) {
                    let token = try await web.login(RoleAssignment(role, in: "LOCAL01"))
                    let here = try await web.call(token, route.method, route.filled())
                    let elsewhere = try await web.call(token, route.method, route.filled(["registry": "other01"]))

                    #expect(here.status != .unauthorized, "\(route.name) for \(role)")
                    #expect(!here.text.contains("There is no registry"), "\(route.name) for \(role): \(here.text)")
                    #expect(elsewhere.text.contains("There is no registry"), "\(route.name) for \(role)")
                }
            }
        }
    }

    @Test func `S16 a run of another registry looks like one that is absent`() async throws {
        try await WebFixture.with { web async throws in
            let admin = try await web.login(RoleAssignment(.admin))
            for route in web.routes where route.path.description.contains("{run}") {
                let values = ["registry": "other01"]
                let foreign = try await web.call(admin, route.method, route.filled(values))
                let absent = try await web.call(
                    admin, route.method, route.filled(values.merging(["run": "ca9"]) { $1 }))

                #expect(foreign.status == .notFound, "\(route.name)")
                #expect(foreign.code == "ResourceNotFound", "\(route.name)")
                #expect(foreign.text == absent.text.replacing("ca9", with: "ca1"), "\(route.name)")
            }
        }
    }

    @Test func `S16 what takes a role everywhere is absent for those who have it in one registry`() async throws {
        try await WebFixture.with { web async throws in
            let known = try await web.principals.create(named: "known", roles: [], at: web.time.date).record.principal
                .id
            let callers = [
                try await web.login(), try await web.login(RoleAssignment(.admin, in: "local01")),
                try await web.login(Role.allCases.filter { $0 != .admin }.map { RoleAssignment($0) }),
            ]
            for route in web.routes {
                guard case .everywhere(let permission) = route.access else { continue }
                // Other roles than the administrator's have the lesser permissions.
                for caller in permission == .administer ? callers : Array(callers[..<2]) {
                    let forbidden = try await web.call(caller, route.method, route.filled(["principal": known]))
                    let absent = try await web.call(caller, route.method, route.filled())

                    #expect(forbidden.status == .notFound, "\(route.name)")
                    #expect(forbidden.text == absent.text, "\(route.name)")
                }
            }
            #expect(try await web.principals.find(known) != nil)
        }
    }

    @Test func `S16 listings show the registries that the caller may see`() async throws {
        try await WebFixture.with { web async throws in
            let one = try await web.login(RoleAssignment(.acrPull, in: "other01"))
            let none = try await web.login()
            for path in [
                "/subscriptions/SUB/resources", "/subscriptions/SUB/providers/Microsoft.ContainerRegistry/registries",
                "/subscriptions/sub/resourceGroups/SLIPWAY/providers/Microsoft.ContainerRegistry/registries",
            ] {
                let seen: Page<GenericResource> = try await web.call(one, .get, path).decoded()
                let nothing: Page<GenericResource> = try await web.call(none, .get, path).decoded()

                #expect(seen.value.map(\.name) == ["other01"])
                #expect(nothing.value == [])
            }
        }
    }

    private func may(_ permission: Permission, _ role: Role) -> Bool {
        Principal(id: "", displayName: "", roles: [RoleAssignment(role)]).mayEverywhere(permission)
    }
}

/// Links that need no token.
struct LinkAccessTests {
    @Test func `S17 a link that was tampered with, is over, or is for something else is refused`() async throws {
        try await WebFixture.with { web async throws in
            let log = try web.links.sign(.log(registry: "local01"), name: "ca1.log", server: "")
            let upload = try web.links.sign(.upload, name: "a.tar.gz", server: "")
            let attempts: [(HTTPRequest.Method, String)] = [
                (.get, log.replacing("sig=", with: "sig=0")), (.get, log.replacing("sig=", with: "sig=00")),
                (.get, log.replacing("ca1", with: "ca2")), (.get, log.replacing("local01", with: "other01")),
                (.get, log.replacing("sp=r", with: "sp=rw")), (.get, log.replacing("se=1", with: "se=2")),
                (.get, log.replacing("sv=v", with: "sv=w")), (.head, log.replacing("ca1", with: "ca2")),
                (.put, log.replacing("logs-local01", with: "uploads")),
                (.put, upload.replacing("a.tar", with: "b.tar")), (.get, upload), (.head, upload),
                (.put, upload.replacing("sp=cw", with: "sp=r")), (.put, String(upload.prefix { $0 != "?" })),
            ]

            for (method, link) in attempts {
                let answer = try await web.call(nil, method, link, "x")
                #expect(answer.status == .forbidden, "\(method) \(link)")
                #expect(method == .head || answer.code == "AuthenticationFailed", "\(method) \(link)")
            }
            #expect(try await web.call(nil, .head, log).status == .ok)
            #expect(try await web.call(nil, .put, upload, "x").status == .created)
            web.time.advance(4 * 3600)
            #expect(try await web.call(nil, .put, upload, "x").status == .forbidden)
            #expect(try await web.call(nil, .head, log).status == .ok)
            web.time.advance(44 * 3600)
            #expect(try await web.call(nil, .get, log).status == .forbidden)
        }
    }

    @Test func `S17 no blob is reached without a link, not even with a token`() async throws {
        try await WebFixture.with { web async throws in
            let admin = try await web.login(RoleAssignment(.admin))
            for route in web.routes where route.access == .link {
                for container in ["uploads", "logs-local01", "x"] {
                    let path = route.filled(["container": container, "name": "ca1.log"])
                    #expect(try await web.call(admin, route.method, path).status == .forbidden, "\(route.name)")
                }
            }
        }
    }
}
