import Foundation
import TaskModel
import Testing

@testable import ResourceAPI

struct ODataFilterTests {
    private static let day = Date(timeIntervalSince1970: 1_767_225_600)

    @Test(
        arguments: [
            ("", []),
            ("  ", []),
            ("TaskName eq 't1'", [.task(.equal, "t1")]),
            ("taskname EQ 't1'", [.task(.equal, "t1")]),
            ("TaskName ne 'it''s'", [.task(.notEqual, "it's")]),
            ("Status eq 'Running'", [.status([.running])]),
            ("Status eq 'Running' or Status eq 'Queued'", [.status([.running, .queued])]),
            (
                "(Status eq 'Running' or (Status eq 'Queued')) and TaskName eq 'x'",
                [.status([.running, .queued]), .task(.equal, "x")]
            ),
            (
                "TaskName eq 'x' and (status eq 'running' or status eq 'started' or status eq 'queued')",
                [.status([.running, .queued, .started]), .task(.equal, "x")]
            ),
            (
                "Status ne 'Succeeded' and Status ne 'Failed'",
                [.status([.queued, .started, .running, .canceled, .error, .timeout])]
            ),
            ("RunType eq 'QuickBuild'", [.type(.equal, .quickBuild)]),
            ("RunType ne 'quickbuild'", [.type(.notEqual, .quickBuild)]),
            (
                "RunType eq 'AutoBuild' or RunType eq 'AutoRun'",
                [.type(.notEqual, .quickBuild), .type(.notEqual, .quickRun)]
            ),
            ("RunId eq 'ca1'", [.runID(.equal, RunID(sequence: 1))]),
            ("RunId gt 'ca1'", [.runID(.greater, RunID(sequence: 1))]),
            ("AgentPoolName eq 'p1'", [.agentPool(.equal, "p1")]),
            ("IsArchiveEnabled eq true", [.archived(true)]),
            ("isArchiveEnabled ne 'true'", [.archived(false)]),
            ("CreateTime ge 2026-01-01T00:00:00Z", [.createTime(.greaterOrEqual, day)]),
            ("CreateTime lt '2026-01-01'", [.createTime(.less, day)]),
            ("FinishTime le datetime'2026-01-01T01:00:00+01:00'", [.finishTime(.lessOrEqual, day)]),
            ("contains(OutputImageManifests, 'app@sha256:0')", [.outputImage("app@sha256:0")]),
            (
                "TaskName eq 't' and contains( outputimagemanifests , 'app:v1' )",
                [.task(.equal, "t"), .outputImage("app:v1")]
            ),
        ] as [(String, [RunFilter.Condition])])
    func `a filter says which runs are meant`(text: String, conditions: [RunFilter.Condition]) throws {
        #expect(try ODataFilter.parse(text).conditions == conditions)
    }

    @Test(arguments: [
        ("Foo eq 'x'", "Foo"), ("Status eq 'Cancelled'", "Cancelled"), ("Status gt 'Running'", "eq or ne"),
        ("Status eq", "value"),
        ("Status", "eq, ne"), ("Status is 'Running'", "eq, ne"), ("Status eq 'Running' and", "at its end"),
        ("and", "eq, ne"),
        ("Status eq 'Running' TaskName eq 'x'", "'and' or 'or'"), ("(Status eq 'Running'", "')' is missing"),
        ("Status eq 'Running')", "')'"), ("Status eq 'Running", "no closing quote"),
        ("Status eq 'Running' or TaskName eq 'x'", "'or'"),
        ("TaskName eq 'a' or TaskName eq 'b'", "'or'"), ("RunId eq '../x'", "RunId"),
        ("CreateTime gt yesterday", "yesterday"),
        ("IsArchiveEnabled eq maybe", "true or false"), ("contains(TaskName, 'x')", "OutputImageManifests"),
        ("contains(OutputImageManifests, x)", "single quotes"), ("contains(OutputImageManifests, '')", "single quotes"),
        ("OutputImageManifests eq 'x'", "contains"), ("not Status eq 'Running'", "eq, ne"),
        ("TaskName eq 'x'; drop table runs", "';'"),
        ("TaskName eq \"x\"", "\""), ("TaskName eq 'a\nb'", "control"), ("()", "condition"),
        (String(repeating: "(", count: 100), "nested"),
    ])
    func `S11 what can't be read is named`(text: String, part: String) {
        let error = #expect(throws: InvalidRequest.self) { try ODataFilter.parse(text) }

        #expect(error?.code == "InvalidFilter")
        #expect(error?.target == "$filter")
        #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
    }

    @Test func `S11 limits are 2 KiB and 20 terms`() throws {
        let terms = { count in Array(repeating: "TaskName ne 'a'", count: count).joined(separator: " and ") }
        let bytes = { count in "TaskName eq '" + String(repeating: "a", count: count - 14) + "'" }

        #expect(try ODataFilter.parse(terms(20)).conditions.count == 20)
        #expect(throws: InvalidRequest.self) { try ODataFilter.parse(terms(21)) }
        #expect(try ODataFilter.parse(bytes(2048)).conditions.count == 1)
        #expect(throws: InvalidRequest.self) { try ODataFilter.parse(bytes(2049)) }
    }

    @Test(
        arguments: [
            [], [.status([.queued])], [.status([.queued, .running]), .task(.equal, "it's")], [.status([])],
            [.status(Set(RunStatus.allCases))],
            [.type(.equal, .autoRun)], [.runID(.less, RunID(sequence: 40))], [.agentPool(.notEqual, "p-1")],
            [.archived(true)], [.archived(false)],
            [.createTime(.greater, day), .finishTime(.less, day.addingTimeInterval(0.25))],
            [.outputImage("a/b@sha256:1")],
        ] as [[RunFilter.Condition]])
    func `what is written is read back`(conditions: [RunFilter.Condition]) throws {
        let text = ODataFilter.text(of: RunFilter(conditions))

        #expect(try ODataFilter.parse(text).conditions == conditions, "\(text)")
    }

    @Test func `S24 no text ends the parser`() {
        var generator = SystemRandomNumberGenerator()
        let pieces = [
            "(", ")", "'", ",", " ", "and", "or", "eq", "Status", "'Running'", "contains", "OutputImageManifests", "é",
            "\u{0}", "1", "-",
        ]
        for _ in 0..<5000 {
            let text = (0..<Int.random(in: 0...12, using: &generator)).map { _ in
                pieces.randomElement(using: &generator) ?? ""
            }.joined(separator: " ")
            _ = try? ODataFilter.parse(text)
        }
    }
}
