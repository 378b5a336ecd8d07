import Foundation
import TestSupport
import Testing

struct RunsCommandTests {
    @Test func `runs are listed as a table`() async throws {
        try await CommandRunner.with { stub, slipway in
            stub.change {
                $0.pages = [["ca2", "ca1"]]
                $0.status = "Succeeded"
            }

            let result = try await slipway.run("runs", "list")

            #expect(
                result.output == """
                    RUN ID  TASK  PLATFORM  STATUS     TRIGGER  STARTED               DURATION
                    ------  ----  --------  ---------  -------  --------------------  --------
                    ca2           Linux     Succeeded  Manual   2026-01-31T09:30:01Z  01:01:01
                    ca1           Linux     Succeeded  Manual   2026-01-31T09:30:01Z  01:01:01

                    """)
        }
    }

    @Test func `filters go to the server`() async throws {
        try await ResourceAPIStub().serve { server in
            let slipway = try CommandRunner(server)
            defer { slipway.remove() }

            _ = try await slipway.run(
                "runs", "list", "--status", "running", "--status", "Queued", "--task", "it's", "--pool", "p1",
                "--image", "a:b", "--filter",
                "RunType eq 'QuickBuild'", "--top", "5")

            let target = server.requests.last { $0.path.hasSuffix("/runs") }?.target.removingPercentEncoding ?? ""
            #expect(target.contains("$top=5&"))
            #expect(
                target.contains(
                    "$filter=(Status eq 'Queued' or Status eq 'Running') and TaskName eq 'it''s' and AgentPoolName eq 'p1' and "
                        + "contains(OutputImageManifests, 'a:b') and RunType eq 'QuickBuild'"), "\(target)")
        }
    }

    @Test func `json has the properties at the top, as the Azure CLI has them`() async throws {
        try await CommandRunner.with { _, slipway in
            let result = try await slipway.run("runs", "show", "ca1", "-o", "json")

            let run = try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
            #expect(run["runId"] as? String == "ca1")
            #expect(run["status"] as? String == "Running")
            #expect(run["properties"] == nil)
        }
    }

    private static let steps = #"""
        [{"id":"build","type":"build","dependsOn":[],"status":"successful","launches":1,
          "startTime":"2026-01-31T09:30:01.7Z","finishTime":"2026-01-31T09:31:05Z"},
         {"id":"test","type":"cmd","dependsOn":["build"],"status":"failed","launches":3,"exitCode":2,
          "errorMessage":"failed to run step ID: test: exit status 2","startTime":"2026-01-31T09:31:05Z","finishTime":"2026-01-31T09:31:09Z"},
         {"id":"lint","type":"cmd","dependsOn":["build"],"status":"successful","launches":1,"exitCode":1,
          "errorMessage":"exit status 1","startTime":"2026-01-31T09:31:05Z","finishTime":"2026-01-31T09:31:06Z"},
         {"id":"push","type":"push","dependsOn":["test","lint"],"status":"skipped","launches":0}]
        """#

    @Test func `a run is shown with its steps`() async throws {
        try await CommandRunner.with { stub, slipway in
            stub.change {
                $0.status = "Failed"
                $0.errorMessage = "step test failed"
                $0.steps = Self.steps
            }

            let table = try await slipway.run("runs", "show", "ca1")
            let json = try await slipway.run("runs", "show", "ca1", "-o", "json")

            #expect(
                table.output.hasSuffix(
                    """

                    Error: step test failed

                    STEP       TYPE   STATUS      STARTED  DURATION  EXIT  TRIES
                    ---------  -----  ----------  -------  --------  ----  -----
                    ●   build  build  successful  +0s      1m3s            1
                    ├─✗ test   cmd    failed      +1m3s    4s        2     3
                    ● │ lint   cmd    successful  +1m3s    1s        1     1
                    ◌─╯ push   push   skipped

                    Step test failed: exit status 2
                    Step lint failed, which is ignored: exit status 1

                    """), "\(table.output)")
            let run = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
            let steps = try #require(run["steps"] as? [[String: Any]])
            #expect(steps.map { $0["status"] as? String } == ["successful", "failed", "successful", "skipped"])
        }
    }

    @Test(
        arguments: [
            (["runs", "show", "ca9"], 3), (["logs", "--run-id", "ca9"], 3), (["runs", "show", "../x"], 1),
            (["runs", "list", "--filter", "x"], 1),
        ] as [([String], Int32)])
    func `what is not there has its exit code`(arguments: [String], code: Int32) async throws {
        try await CommandRunner.with { _, slipway in
            let result = try await slipway.run(arguments)

            #expect(result.code == code)
            #expect(result.errors.hasPrefix("error: "))
            #expect(result.errors.split(separator: "\n").count == 1)
        }
    }

    @Test func `a filter cancels with one request and tells what was done`() async throws {
        try await CommandRunner.with { stub, slipway in
            let result = try await slipway.run(
                "runs", "cancel", "--status", "Running", "--status", "Queued", "--dry-run", "-o", "tsv")

            #expect(result.code == 0)
            #expect(result.output == "ca1\tRunning\tstopping\nca2\tQueued\tcanceled\nca3\tFailed\thad ended already\n")
            #expect(
                stub.now.cancelBodies.map { String(decoding: $0, as: UTF8.self) } == [
                    #"{"dryRun":true,"filter":"(Status eq 'Queued' or Status eq 'Running')"}"#
                ])
        }
    }

    @Test func `ids cancel with one request`() async throws {
        try await CommandRunner.with { stub, slipway in
            _ = try await slipway.run("runs", "cancel", "ca1", "ca2", "--run-id", "ca3")

            #expect(
                stub.now.cancelBodies.map { String(decoding: $0, as: UTF8.self) } == [
                    #"{"runIds":["ca1","ca2","ca3"]}"#
                ])
        }
    }

    @Test func `all is an empty filter`() async throws {
        try await CommandRunner.with { stub, slipway in
            _ = try await slipway.run("runs", "cancel", "--all")

            #expect(stub.now.cancelBodies.map { String(decoding: $0, as: UTF8.self) } == [#"{"filter":""}"#])
        }
    }

    @Test(arguments: [
        ["runs", "cancel"], ["runs", "cancel", "ca1", "--all"], ["runs", "cancel", "ca1", "--status", "Queued"],
        ["runs", "cancel", "--dry-run"],
    ])
    func `cancelling needs exactly one way to say which`(arguments: [String]) async throws {
        try await CommandRunner.with { stub, slipway in
            let result = try await slipway.run(arguments)

            #expect(result.code == 64)
            #expect(stub.now.cancelBodies.isEmpty)
        }
    }
}
