import Foundation
import Testing

@testable import TestSupport

/// What the tests stand on that start programs.
struct ChildProcessTests {
    @Test func `a program that takes too long is killed, and what it printed is told`() async throws {
        let child = try ChildProcess(["sh", "-c", "echo begun; exec sleep 600"])
        try await child.wait { $0.firstLine }

        child.killOverdue()

        let failure = await #expect(throws: ChildProcess.Failure.self) { try await child.ended() }

        let text = try #require(failure).description
        #expect(text.contains("sh -c echo begun; exec sleep 600 did not end within 120.0 seconds and was killed."))
        #expect(text.hasSuffix("It had printed:\nbegun\n"))
    }

    @Test func `a program that leaves others behind has ended all the same`() async throws {
        let ending = try await ChildProcess(["sh", "-c", "sleep 600 & echo $!"]).ended()

        #expect(ending.code == 0)
        try await ChildProcess.run(["kill", ending.output.trimmingCharacters(in: .newlines)])
    }

    @Test func `a program inherits its three streams and no blocked or ignored signal`() async throws {
        let command = "ls /proc/self/fd; grep -E 'SigBlk|SigIgn' /proc/self/status"

        let lines = try await ChildProcess.run(["sh", "-c", command]).split(separator: "\n")

        // The fourth is the folder that ls looks into.
        #expect(lines.dropLast(2) == ["0", "1", "2", "3"])
        // The first 28: glibc keeps two real-time signals to itself.
        #expect(lines.suffix(2).allSatisfy { $0.hasSuffix("0000000") }, "\(lines)")
    }

    @Test func `waiting for what a program prints ends when the program does`() async throws {
        let child = try ChildProcess(["sh", "-c", "echo other >&2; exit 3"])

        let failure = await #expect(throws: ChildProcess.Failure.self) { try await child.wait { $0.firstLine } }

        #expect(try #require(failure).description.hasSuffix("It had printed:\nother\n"))
        #expect(try await child.ended().code == 3)
    }

    @Test func `text goes through a pipe, and both streams may go to one`() async throws {
        let child = try ChildProcess(
            ["sh", "-c", "test -p /dev/stdin && cat && echo error >&2"], input: .text("text\n"), errors: .withOutput)

        #expect(try await child.ended().output == "text\nerror\n")
    }

    @Test func `a program that is not there is an error at once`() throws {
        let failure = #expect(throws: ChildProcess.Failure.self) { try ChildProcess(["no-such-program"]) }

        #expect(try #require(failure).description == "no-such-program can't be started: No such file or directory.")
    }
}
