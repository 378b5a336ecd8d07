import ResourceAPI
import Testing

@testable import slipway

struct StepGraphTests {
    /// - Parameter steps: `ID`, or `ID<A,B` for one that waits for A and B; a mark in front says its status.
    private func picture(_ steps: String...) -> String {
        picture(steps)
    }

    private func picture(_ steps: [String]) -> String {
        StepGraph(steps.map(step)).lines.map { $0 + "\n" }.joined()
    }

    private func step(_ text: String) -> RunStepProperties {
        let statuses: [Character: String] = [
            "+": "successful", "!": "failed", ">": "running", "/": "interrupted", "-": "skipped",
        ]
        let status = text.first.flatMap { statuses[$0] }
        let parts = text.drop { statuses[$0] != nil }.split(separator: "<")
        let dependencies = parts.count > 1 ? parts[1].split(separator: ",").map(String.init) : []
        return RunStepProperties(id: String(parts[0]), dependsOn: dependencies, status: status ?? "waiting")
    }

    @Test func `a step alone`() {
        #expect(picture(">build") == "◐ build\n")
    }

    @Test func `a sequence`() {
        #expect(
            picture("+fetch", "!build<fetch", "-push<build") == """
                ● fetch
                ✗ build
                ◌ push

                """)
    }

    @Test func `a diamond`() {
        #expect(
            picture("+fetch", ">test<fetch", ">lint<fetch", "push<test,lint") == """
                ●   fetch
                ├─◐ test
                ◐ │ lint
                ○─╯ push

                """)
    }

    @Test func `a fan-out`() {
        #expect(
            picture("build", "a<build", "b<build", "c<build", "d<build") == """
                ○     build
                ├─○   a
                ├───○ b
                ├─○   c
                ○     d

                """)
    }

    @Test func `a fan-in`() {
        #expect(
            picture("a", "b", "c", "push<a,b,c") == """
                ○     a
                │ ○   b
                │ │ ○ c
                ○─┴─╯ push

                """)
    }

    @Test func `steps that have nothing to do with each other stand apart`() {
        #expect(
            picture("a", "b", "c", "d<c") == """
                ○   a
                  ○ b
                ○   c
                ○   d

                """)
    }

    @Test func `lines pass each other where steps wait for some and not for others`() {
        #expect(
            picture("a", "b", "c", "d<a,c", "e<b,d", "f<b") == """
                ○     a
                │ ○   b
                │ │ ○ c
                ○─│─╯ d
                ○─┤   e
                  ○   f

                """)
        #expect(
            picture("base", "x", "left<base", "right<x,base", "last<left,x") == """
                ○     base
                │ ○   x
                ├─│─○ left
                ○─┤ │ right
                  ○─╯ last

                """)
    }

    @Test func `chains beside each other stay in their columns`() {
        #expect(
            picture("deps", "web<deps", "api<deps", "web-test<web", "api-test<api", "notify<web-test,api-test") == """
                ○   deps
                ├─○ web
                ○ │ api
                │ ○ web-test
                ○ │ api-test
                ○─╯ notify

                """)
    }

    @Test func `what follows anyway is not drawn`() {
        #expect(picture("a", "b<a", "c<a,b", "d<c,a,b") == "○ a\n○ b\n○ c\n○ d\n")
    }

    @Test func `thirty steps in a row take one column, thirty beside each other one each`() {
        let row = (0..<30).map { $0 == 0 ? "s0" : "s\($0)<s\($0 - 1)" }
        let beside = (0..<30).map { "s\($0)" } + ["all<" + (0..<30).map { "s\($0)" }.joined(separator: ",")]

        #expect(picture(row) == (0..<30).map { "○ s\($0)\n" }.joined())
        let lines = picture(beside).split(separator: "\n")
        #expect(lines.count == 31)
        #expect(lines[29] == String(repeating: "│ ", count: 29) + "○ s29")
        #expect(lines[30] == "○" + String(repeating: "─┴", count: 28) + "─╯ all")
    }

    @Test func `long ids are cut`() {
        #expect(
            picture(String(repeating: "x", count: 40), String(repeating: "y", count: 41)) == """
                ○   \(String(repeating: "x", count: 40))
                  ○ \(String(repeating: "y", count: 39))…

                """)
    }

    @Test func `what no graph can be is drawn all the same`() {
        #expect(picture("a<a", "b<c,nobody", "a<b", "c<a,a") == "○   a\n│ ○ b\n│ ○ a\n○   c\n")
        #expect(picture([]) == "")
    }
}
