import AgentProtocol
import Foundation
import Storage
import TaskModel
import TestSupport
import Testing

@testable import Scheduling

/// Pull requests from repositories of strangers.
struct ForkTests {
    private func head(_ fixture: SourceFixture, _ files: [String: String]) async throws -> (base: String, head: String)
    {
        let base = try await fixture.git.git(["rev-parse", "main"], in: "app.git")
        return (
            base, try await fixture.git.commit(files, to: "refs/pull/7/head", parent: base, in: "app.git")
        )
    }

    @Test func `S14 a fork starts nothing, and an approval runs the commit that it names alone`() async throws {
        try await SourceFixture.with { fixture in
            try await fixture.writeTask()
            let hook = try await fixture.putHook()
            let (base, head) = try await head(fixture, ["a": "1"])
            let delivery = try await fixture.deliver(
                fixture.pullRequest(head: head, base: base, fork: true), to: hook)
            let deliveries = fixture.deliveries()
            #expect(delivery.outcome == "not run: fork")

            await #expect(throws: DeliveryError.otherCommit("\(delivery.id)", asked: base, has: [head])) {
                try await deliveries.approve("\(delivery.id)", commit: base, in: fixture.registry)
            }
            await #expect(throws: DeliveryError.self) {
                try await deliveries.approve("\(delivery.id)", commit: String(head.prefix(12)), in: fixture.registry)
            }
            _ = try await deliveries.approve("\(delivery.id)", commit: head.uppercased(), in: fixture.registry)
            try await fixture.worker(deliveries).workOnDue()

            let run = try #require(try await fixture.runs().first)
            #expect(run.isRestricted)
            #expect(run.source?.commit == head)
            #expect(try await deliveries.show("\(delivery.id)", in: fixture.registry).outcome == "started ca1")
        }
    }

    @Test(arguments: [(nil, 0), (SourceFilter.Forks.none, 0), (.restricted, 1)] as [(SourceFilter.Forks?, Int)])
    func `S14 a fork runs only where the task says that it may, and not where it says the opposite`(
        forks: SourceFilter.Forks?, count: Int
    ) async throws {
        try await SourceFixture.with { fixture in
            try await fixture.writeTask(filter: SourceFilter(forks: forks))
            let hook = try await fixture.putHook()
            let (base, head) = try await head(fixture, ["a": "1"])

            try await fixture.deliver(fixture.pullRequest(head: head, base: base, fork: true), to: hook)

            let runs = try await fixture.runs()
            #expect(runs.count == count)
            #expect(!runs.contains { !$0.isRestricted })
        }
    }

    @Test(arguments: [SourceFilter.Forks.restricted, nil])
    func `S14 a fork's branch is not taken for the repository's, and an approval is for all digits of a commit`(
        forks: SourceFilter.Forks?
    ) async throws {
        try await SourceFixture.with { fixture in
            let task = try await fixture.writeTask(filter: SourceFilter(forks: forks))
            let trigger = try #require(task.triggers.source.first)
            let (base, head) = try await head(fixture, ["a": "1"])
            func outcome(of commit: String, approved: String?) async throws -> String {
                let change = SourceChange(
                    id: "1", kind: .pullRequest, commit: commit, ref: "refs/heads/main", branch: "main",
                    pullRequest: "7", isFork: true, defaultBranch: "main", forge: .bitbucket)
                return try await fixture.trigger().start(task, trigger, by: change, approvedCommit: approved).text
            }
            let other = String(base.prefix(12)) + String(repeating: "0", count: 28)

            let missing = "not run: no ref of the repository leads to the fork's commit"
            #expect(try await outcome(of: head, approved: head) == missing)
            #expect(try await outcome(of: String(head.prefix(12)), approved: head) == missing)
            if forks == nil {
                #expect(try await outcome(of: String(base.prefix(12)), approved: other) == "not run: fork")
            }
            #expect(try await fixture.runs().isEmpty)
            #expect(try await outcome(of: String(base.prefix(12)), approved: base) == "started ca1")
        }
    }

    @Test func `S14 a replay approves nothing, and a push can't be approved`() async throws {
        try await SourceFixture.with { fixture in
            try await fixture.writeTask()
            let hook = try await fixture.putHook()
            let (base, head) = try await head(fixture, ["a": "1"])
            let fork = try await fixture.deliver(
                fixture.pullRequest(head: head, base: base, fork: true, id: "d1"), to: hook)
            let push = try await fixture.deliver(fixture.push("refs/heads/topic", after: head, id: "d2"), to: hook)
            let deliveries = fixture.deliveries()

            _ = try await deliveries.replay("\(fork.id)", in: fixture.registry)
            try await fixture.worker(deliveries).workOnDue()

            #expect(try await deliveries.show("\(fork.id)", in: fixture.registry).outcome == "not run: fork")
            await #expect(throws: DeliveryError.nothingToApprove("\(push.id)")) {
                try await deliveries.approve("\(push.id)", commit: head, in: fixture.registry)
            }
            #expect(try await fixture.runs().isEmpty)
        }
    }

    @Test func `S14 a run of a fork gets no secrets and logins, pushes nothing and has a cache of its own`()
        async throws
    {
        try await SourceFixture.with { fixture in
            try await fixture.writeTask(filter: SourceFilter(forks: .restricted)) { task in
                task.credentials.customRegistries["other.example.test"] = TaskRegistryLogin(
                    username: TaskSecret(Secret("u")), password: TaskSecret(Secret("p")))
            }
            let hook = try await fixture.putHook()
            let (base, head) = try await head(fixture, ["a": "1"])
            let delivery = try await fixture.deliver(fixture.pullRequest(head: head, base: base, fork: true), to: hook)
            let broker = LocalBroker(fixture.environment)
            let agent = AgentID("agent-1")
            try await broker.register(
                AgentDescription(id: agent, pool: "default", host: "h", slots: 1, version: "1"))

            let assignment = try #require(try await broker.nextRun(for: agent, waiting: .zero))

            #expect(delivery.outcome == "started ca1")
            #expect(assignment.isRestricted)
            #expect(assignment.commit == head)
            #expect(assignment.pullCredentials.isEmpty)
            #expect(assignment.gitCredentials.isEmpty && assignment.gitSSH == nil)
            #expect(assignment.builds.syntax == [.builtin])
            #expect(assignment.registry.credential == nil)
            #expect(assignment.cacheDomain == CacheDomain(run: assignment.run))
            guard case .build(let request) = assignment.request else {
                Issue.record("no build")
                return
            }
            #expect(!request.isPushEnabled)
            #expect(request.arguments.map(\.name) == ["PLAIN"])
            #expect(request.loginMode == .none && request.customCredentials.isEmpty && request.vaultLogins.isEmpty)
            await #expect(throws: BrokerError.self) {
                try await broker.grantPush(assignment.lease, of: try ImageReference("localhost:5000/app:v1"))
            }
            await #expect(throws: BrokerError.self) {
                try await broker.secret(
                    try SecretLocation("https://vault.example.test/secrets/x"), for: assignment.lease)
            }
        }
    }

    @Test func `S14 the task file and its values are those of the base branch`() async throws {
        try await SourceFixture.with { fixture in
            try await fixture.git.commit(
                ["acb.yaml": "steps: [{cmd: ours}]\n", "values.yaml": "a: ours\n"], to: "refs/heads/main", in: "app.git"
            )
            let (base, head) = try await head(
                fixture, ["acb.yaml": "steps: [{cmd: theirs}]\n", "values.yaml": "a: theirs\n"])
            try await fixture.writeTask(filter: SourceFilter(forks: .restricted)) { task in
                task.step = .file(
                    TaskStep.FileStep(
                        context: TaskContext(location: Secret(fixture.git.url("app.git"))), taskFilePath: "acb.yaml",
                        valuesFilePath: "values.yaml",
                        values: [
                            TaskValue(name: "plain", value: Secret("v"), isSecret: false),
                            TaskValue(name: "hidden", value: Secret("v"), isSecret: true),
                        ]))
            }
            let hook = try await fixture.putHook()

            let delivery = try await fixture.deliver(fixture.pullRequest(head: head, base: base, fork: true), to: hook)

            #expect(delivery.outcome == "started ca1")
            guard case .taskFile(let request)? = try await fixture.runs().first?.request else {
                Issue.record("no task file")
                return
            }
            #expect(request.taskFile == .content(Secret("steps: [{cmd: ours}]\n")))
            #expect(request.valuesFile == .content(Secret("a: ours\n")))
            #expect(request.values.map(\.name) == ["plain"])
            #expect(request.sourceLocation == fixture.git.url("app.git#refs/pull/7/head"))
        }
    }

    @Test func `S14 a task file that only the fork has runs nothing`() async throws {
        try await SourceFixture.with { fixture in
            let (base, head) = try await head(fixture, ["acb.yaml": "steps: [{cmd: theirs}]\n"])
            try await fixture.writeTask(filter: SourceFilter(forks: .restricted)) { task in
                task.step = .file(
                    TaskStep.FileStep(
                        context: TaskContext(location: Secret(fixture.git.url("app.git"))), taskFilePath: "acb.yaml",
                        valuesFilePath: nil, values: []))
            }
            let hook = try await fixture.putHook()

            let delivery = try await fixture.deliver(fixture.pullRequest(head: head, base: base, fork: true), to: hook)

            #expect(
                delivery.outcome == "not run: the branch that the pull request is for has no file 'acb.yaml'")
            #expect(try await fixture.runs().isEmpty)
        }
    }
}
