import Foundation
import TestSupport
import Testing

struct NotificationCommandTests {
    private static let notification = #"""
        {"name":"ci","url":"https://h.test/x?***","events":["started","finished"],"tasks":["app-*"],"status":"Enabled",
         "secret":"0123456789abcdef"}
        """#
    private static let delivery = #"""
        {"id":"0a-1b","event":"finished","run":"ca1","createTime":"2026-01-31T09:30:00Z","state":"failed","attempts":3,
         "lastTime":"2026-01-31T09:31:00Z","lastStatus":500,"lastError":"It answered with the status 500."}
        """#

    private func withNotification(_ body: (ResourceAPIStub, CommandRunner) async throws -> Void) async throws {
        try await CommandRunner.with { stub, slipway in
            stub.change {
                $0.answers = [
                    "PUT /notifications/ci": Self.notification, "GET /notifications/ci": Self.notification,
                    "POST /notifications/ci/listDetails": Self.notification,
                    "GET /notifications": #"{"value":[\#(Self.notification)]}"#,
                    "DELETE /notifications/ci": "{}", "POST /notifications/ci/ping": Self.delivery,
                    "GET /notifications/ci/deliveries": #"{"value":[\#(Self.delivery)]}"#,
                    "POST /notifications/ci/deliveries/0a-1b/replay": Self.delivery,
                ]
            }
            try await body(stub, slipway)
        }
    }

    @Test func `a notification is made of what the options say`() async throws {
        try await withNotification { stub, slipway async throws in
            try slipway.write("https://h.test/x?token=t\n", to: "url")

            let plain = try await slipway.run("notification", "create", "-n", "ci", "--url", "https://h.test/")
            let full = try await slipway.run(
                "notification", "create", "-n", "ci", "--url-file", "url", "--secret-file", "-",
                "--events", "queued,finished", "--tasks", "app-*", "--statuses", "Failed", "--disabled",
                input: "0123456789abcdef\n")

            #expect(plain.code == 0, "\(plain.errors)")
            #expect(full.code == 0, "\(full.errors)")
            #expect(plain.output.contains("SECRET\n"))
            #expect(plain.output.contains("0123456789abcdef"))
            #expect(
                stub.now.bodies == [
                    #"{"status":"Enabled","url":"https://h.test/"}"#,
                    #"{"events":["queued","finished"],"secret":"0123456789abcdef","status":"Disabled","statuses":["Failed"],"#
                        + #""tasks":["app-*"],"url":"https://h.test/x?token=t"}"#,
                ])
        }
    }

    @Test(arguments: [
        ["create", "-n", "ci"], ["show"], ["create", "-n", "a/b", "--url", "https://h.test/"], ["show", "-n", ".."],
        ["create", "-n", "ci", "--url", "https://h.test/", "--url-file", "x"], ["replay", "-n", "ci", "../x"],
        ["create", "-n", "ci", "--url-file", "-", "--secret-file", "-"], ["deliveries", "-n", "ci", "--top", "0"],
    ])
    func `command lines that mean nothing are refused before anything is sent`(arguments: [String]) async throws {
        try await withNotification { stub, slipway async throws in
            #expect(try await slipway.run(["notification"] + arguments).code == 64)
            #expect(stub.now.tokensGiven == 0)
        }
    }

    @Test func `notifications and deliveries are listed`() async throws {
        try await withNotification { _, slipway async throws in
            let table = try await slipway.run("notifications")
            let deliveries = try await slipway.run("notification", "deliveries", "-n", "ci")
            let json = try await slipway.run("notification", "show", "-n", "ci", "--with-secret", "-o", "json")

            #expect(
                table.output == """
                    NAME  URL                   EVENTS            TASKS  STATUSES  STATUS
                    ----  --------------------  ----------------  -----  --------  -------
                    ci    https://h.test/x?***  started,finished  app-*            Enabled

                    """)
            #expect(deliveries.output.contains("0a-1b  finished  ca1  2026-01-31T09:30:00Z  failed  3"))
            #expect(json.output.contains(#""secret": "0123456789abcdef""#))
        }
    }

    @Test func `what does not arrive when it is tried out is a failure`() async throws {
        try await withNotification { stub, slipway async throws in
            let failed = try await slipway.run("notification", "ping", "-n", "ci")
            stub.change {
                $0.answers["POST /notifications/ci/ping"] = Self.delivery.replacing("failed", with: "delivered")
            }

            #expect(failed.code == 1)
            #expect(failed.output.contains("status 500"))
            #expect(try await slipway.run("notification", "ping", "-n", "ci").code == 0)
            #expect(try await slipway.run("notification", "replay", "-n", "ci", "0a-1b").code == 0)
            #expect(try await slipway.run("notification", "delete", "-n", "ci").code == 1)
            #expect(try await slipway.run("notification", "delete", "-n", "ci", "-y").code == 0)
            #expect(try await slipway.run("notification", "ping", "-n", "cj").code == 3)
        }
    }
}
