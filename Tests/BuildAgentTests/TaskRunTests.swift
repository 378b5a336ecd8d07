import AgentProtocol
import DockerEngine
import Foundation
import Logging
import Synchronization
import TaskModel
import TestSupport
import Testing

@testable import BuildAgent

@Suite(.needsDaemon, .timeLimit(.minutes(10)))
struct TaskRunTests {
    @Test(.needsRegistry) func `what a step built is pushed, with the digest in the record and the outcome`()
        async throws
    {
        let item = try #require(try TaskFileCase.all().first { $0.name == "exec-build-push-digest" })
        try await TestRegistry.with { registry in
            var test = TestRun()
            test.registry = registry.host
            test.files = item.files ?? [:]

            let ending = try await test.carryOut(try item.text)

            #expect(ending.outcome.status == .succeeded, Comment(rawValue: ending.log))
            #expect(ending.outcome.outputImages.map(\.tag) == [test.run.text, "stable"])
            let digest = try #require(ending.outcome.outputImages.first?.digest)
            #expect(ending.log.contains("digest: \(digest)"))
            #expect(ending.log.contains("Successfully pushed image: \(registry.host)/case/app:stable"))
        }
    }

    private static var ofFork: TestRun {
        var test = TestRun()
        test.registry = "registry.invalid"
        test.isRestricted = true
        test.files = ["Dockerfile": "FROM scratch\nCOPY Dockerfile /\n"]
        return test
    }

    @Test func `S14 a run of what came from a fork builds, and its push steps push nothing`() async throws {
        let ending = try await Self.ofFork.carryOut(
            "steps: [{build: -t registry.invalid/fork:s14 .}, {push: ['registry.invalid/fork:s14'], id: up}]")

        #expect(ending.outcome.status == .succeeded, Comment(rawValue: ending.log))
        #expect(ending.outcome.outputImages.isEmpty)
        #expect(ending.log.contains("Step ID: up pushes nothing: the run carries out what came from a fork."))
    }

    @Test func `S14 a run of what came from a fork writes no cache, and succeeds`() async throws {
        let ending = try await Self.ofFork.carryOut(
            "steps: [{id: one, build: -t registry.invalid/fork-cache:s14 ., cache: enabled}]")

        #expect(ending.outcome.status == .succeeded, Comment(rawValue: ending.log))
        #expect(ending.log.contains("The cache of one is not written: the run carries out what came from a fork."))
    }

    @Test func `S20 secret values are masked in what steps print`() async throws {
        try await TestHost.withShell { shell in
            var test = TestRun()
            test.values = [TaskValue(name: "pw", value: Secret("hunter2hunter2"), isSecret: true)]

            let ending = try await test.carryOut("steps: [{cmd: \(shell) echo 'is {{.Values.pw}}'}]")

            #expect(ending.lines.contains("is ***"))
            #expect(!ending.log.contains("hunter2"))
        }
    }

    @Test func `a task file and its values are read from the context`() async throws {
        try await TestHost.withShell { shell in
            var test = TestRun()
            test.files = [
                "tasks/one.yaml": "steps: [{cmd: \(shell) sh -c 'echo {{.Values.word}}; cat /workspace/data'}]",
                "values.yaml": "word: hello\n", "data": "some data\n", ".dockerignore": "data\n",
            ]
            test.taskFile = "tasks/one.yaml"
            test.valuesFile = "./values.yaml"

            let ending = try await test.carryOut("")

            #expect(ending.lines.contains("hello"), Comment(rawValue: ending.log))
            #expect(ending.lines.contains("some data"))
        }
    }

    @Test func `a task file that is not in the context fails the run`() async throws {
        var test = TestRun()
        test.files = ["data": ""]
        test.taskFile = "acb.yaml"

        let ending = try await test.carryOut("")

        #expect(ending.outcome.status == .failed)
        #expect(ending.outcome.message == "there is no task file 'acb.yaml' in the context")
    }

    @Test(.needsRegistry) func `an image of a private registry is pulled with the run's login, and its name goes`()
        async throws
    {
        try await TestRegistry.with(password: true) { registry in
            try await TestHost.withShell { shell in
                let client = try DockerClient(endpoint: TestHost.endpoint)
                let name = "\(registry.host)/private/tool:1"
                try await client.tagImage(shell, repository: "\(registry.host)/private/tool", tag: "1")
                _ = try await client.push(ImageReference(name), credential: TestRegistry.login) { _ in }
                try await client.removeImage(name)
                var test = TestRun()
                test.credentials = [registry.host: TestRegistry.login]
                let task = "steps: [{cmd: \(name) sh -c 'echo ran; cat /acb/home/.docker/config.json'}]"

                let ending = try await test.carryOut(task)
                let without = try await TestRun().carryOut(task)

                #expect(ending.lines.contains("ran"), Comment(rawValue: ending.log))
                #expect(ending.log.contains("Successfully logged into \(registry.host)"))
                #expect(ending.log.contains("\"\(registry.host)\":{\"auth\""))
                #expect(!ending.log.contains(TestRegistry.login.password.value))
                #expect(without.outcome.status == .failed)
                #expect(without.outcome.message?.contains("exit status 125") == true)
                #expect(try await client.inspectImage(name) == nil)
            }
        }
    }

    @Test func `steps of a network of the file find each other, and others do not`() async throws {
        try await TestHost.withShell { shell in
            let ending = try await TestRun().carryOut(
                """
                networks: [{name: inner}]
                steps:
                  - id: server
                    cmd: \(shell) sh -c 'while :; do echo pong | nc -l -p 8080; done'
                    network: inner
                    detach: true
                  - id: client
                    cmd: \(shell) sh -c 'until nc server 8080 </dev/null; do sleep 0.1; done'
                    network: inner
                  - id: other
                    cmd: \(shell) sh -c 'nc -w 1 server 8080 </dev/null || echo unknown'
                """)

            #expect(ending.lines.contains("client | pong"), Comment(rawValue: ending.log))
            #expect(ending.lines.contains("other | unknown"))
            #expect(ending.leftovers.isEmpty)
        }
    }

    @Test func `S13 containers in no network of the task can't reach each other`() async throws {
        try await TestHost.withShell { shell in
            let ending = try await TestRun().carryOut(
                """
                networks: [{name: inner}]
                steps:
                  - id: server
                    cmd: --network bridge \(shell) sh -c 'hostname -i > /workspace/ip; echo pong | nc -l -p 8080'
                    detach: true
                  - id: client
                    cmd: \(shell) sh -c 'until [ -s /workspace/ip ]; do sleep 0.1; done; nc -w 2 $(cat /workspace/ip) 8080 </dev/null || echo unreachable'
                """)

            #expect(ending.lines.contains("client | unreachable"), Comment(rawValue: ending.log))
            #expect(!ending.log.contains("pong"))
        }
    }

    @Test func `all executions that failed are told, with the exit code of the first`() async throws {
        try await TestHost.withShell { shell in
            let ending = try await TestRun().carryOut(
                "steps: [{id: one, repeat: 1, cmd: \"\(shell) sh -c 'echo x >> n; exit $(wc -l < n)'\"}]")

            #expect(
                ending.outcome.message == "failed to run step ID: one: exit status 1; exit status 2",
                Comment(rawValue: ending.log))
            #expect(ending.outcome.failure == RunOutcome.Failure(step: "one", exitCode: 1))
        }
    }

    @Test func `a secret that a template puts into a build argument is one for the builder`() async throws {
        try await TestHost.withShell { shell in
            var test = TestRun()
            test.files = ["Dockerfile": "FROM \(shell)\nARG TOKEN\nRUN echo it is $TOKEN\n"]
            test.values = [TaskValue(name: "token", value: Secret("hunter2hunter2"), isSecret: true)]

            let ending = try await test.carryOut("steps: [{build: '--build-arg TOKEN={{.Values.token}} .'}]")

            #expect(ending.lines.contains { $0.contains("it is ***") }, Comment(rawValue: ending.log))
            #expect(ending.log.contains("Warning: the Dockerfile declares the secret argument TOKEN with ARG"))
            #expect(!ending.log.contains("hunter2"))
        }
    }

    @Test func `output of steps beside each other comes in whole lines that carry their step`() async throws {
        try await TestHost.withShell { shell in
            let count = 200
            let ending = try await TestRun().carryOut(
                """
                steps:
                  - {id: left, when: ["-"], cmd: "\(shell) sh -c 'for i in $(seq \(count)); do printf aa; printf bb; echo cc; done'"}
                  - {id: right, when: ["-"], cmd: "\(shell) sh -c 'for i in $(seq \(count)); do printf dd; printf ee; echo; done; printf end'"}
                  - {id: last, when: [left, right], cmd: \(shell) echo alone}
                """)

            #expect(ending.lines.count { $0 == "left | aabbcc" } == count, Comment(rawValue: ending.log))
            #expect(ending.lines.count { $0 == "right | ddee" } == count)
            #expect(ending.lines.contains("right | end"))
            #expect(ending.lines.contains("alone"))
        }
    }

    @Test func `each step is told with its times, launches and exit code`() async throws {
        try await TestHost.withShell { shell in
            let broker = Mutex<TestBroker?>(nil)
            let ending = try await TestRun().carryOut(
                """
                steps:
                  - {id: good, cmd: \(shell) true}
                  - {id: poor, cmd: \(shell) false, ignoreErrors: true, retries: 1, retryDelay: 1}
                  - {id: bad, cmd: \(shell) sh -c 'exit 7'}
                  - {id: never, cmd: \(shell) true}
                """, marker: "Executing step ID: good"
            ) { found in broker.withLock { $0 = found } }

            #expect(ending.outcome.failure == RunOutcome.Failure(step: "bad", exitCode: 7))
            let events = broker.withLock { $0?.events } ?? []
            var planned: [StepResult] = []
            var steps: [String: StepResult] = [:]
            for event in events {
                if case .planned(let all) = event { planned = all }
                if case .step(let step) = event { steps[step.id] = step }
            }
            #expect(planned.map(\.id) == ["good", "poor", "bad", "never"])
            #expect(planned.map(\.dependencies) == [[], ["good"], ["poor"], ["bad"]])
            #expect(planned.allSatisfy { $0.status == .waiting && $0.startTime == nil })
            #expect(steps["good"]?.status == .successful && steps["good"]?.exitCode == 0)
            #expect(steps["poor"]?.status == .successful && steps["poor"]?.launches == 2)
            #expect(steps["poor"]?.exitCode == 1 && steps["poor"]?.message?.contains("exit status 1") == true)
            #expect(steps["bad"]?.status == .failed && steps["bad"]?.exitCode == 7)
            #expect(steps["never"]?.status == .skipped && steps["never"]?.launches == 0)
            for id in ["good", "poor", "bad"] {
                let step = try #require(steps[id])
                #expect(try #require(step.startTime) <= #require(step.finishTime))
            }
        }
    }

    @Test func `G5 a line of a step may be as long as it likes`() async throws {
        try await TestHost.withShell { shell in
            let ending = try await TestRun().carryOut(
                "steps:\n- cmd: \(shell) sh -c 'i=0; while [ $i -lt 200 ]; do printf %05000d $i; i=$((i+1)); done'\n")

            #expect(ending.lines.map(\.utf8.count).max() ?? 0 >= 1_000_000, Comment(rawValue: ending.log))
        }
    }

    @Test func `F10 a push step gives a registry that can't be connected to three attempts`() async throws {
        var test = TestRun()
        test.files = ["Dockerfile": "FROM scratch\nLABEL a=b\n"]
        let image = "127.0.0.1:9/slipway-test:\(test.run)"

        let ending = try await test.carryOut("steps: [{build: -t \(image) .}, {push: ['\(image)'], id: up}]")

        #expect(ending.outcome.message?.hasPrefix("failed to run step ID: up: ") == true, Comment(rawValue: ending.log))
        #expect(ending.lines.count { $0.contains("Pushing image: \(image), attempt ") } == 3)
    }

    @Test func `a build is tried again when its output has a text that asks for it`() async throws {
        try await TestHost.withShell { shell in
            var test = TestRun()
            test.files = ["Dockerfile": "FROM \(shell)\nRUN echo transient trouble; exit 1\n"]

            let ending = try await test.carryOut(
                """
                steps:
                  - {build: --no-cache ., id: one, retries: 1, retryDelay: 1, retryOnErrors: [transient], ignoreErrors: true}
                  - {build: --no-cache ., id: two, retries: 1, retryDelay: 1, retryOnErrors: [others]}
                """)

            #expect(ending.lines.count { $0.hasSuffix("Launching container with name: one") } == 2)
            #expect(ending.lines.count { $0.hasSuffix("Launching container with name: two") } == 1)
        }
    }

    @Test func `a volume of secret values is in the steps that mount it and in no others`() async throws {
        try await TestHost.withShell { shell in
            let ending = try await TestRun().carryOut(
                """
                volumes:
                  - name: keys
                    secret: {one: Zmlyc3Q=, two.txt: c2Vjb25k}
                steps:
                  - cmd: \(shell) sh -c 'cat /run/keys/one /run/keys/two.txt; echo'
                    volumeMounts: [{name: keys, mountPath: /run/keys}]
                  - cmd: \(shell) sh -c 'ls /run/keys 2>/dev/null || echo nothing'
                """)

            #expect(ending.lines.contains("first") && ending.lines.contains("second"), Comment(rawValue: ending.log))
            #expect(ending.lines.contains("nothing"))
            #expect(ending.leftovers.isEmpty)
        }
    }

    @Test func `a secret in Base64 is masked as the file that it makes, too`() async throws {
        try await TestHost.withShell { shell in
            var test = TestRun()
            test.values = [TaskValue(name: "key", value: Secret("aHVudGVyMmh1bnRlcjIK"), isSecret: true)]

            let ending = try await test.carryOut(
                """
                volumes: [{name: keys, secret: {key: '{{.Values.key}}', other: b3RoZXI=}}]
                steps:
                  - cmd: \(shell) sh -c 'cat /keys/key; cat /keys/other; echo'
                    volumeMounts: [{name: keys, mountPath: /keys}]
                """)

            #expect(ending.lines.contains("***") && ending.lines.contains("other"), Comment(rawValue: ending.log))
            #expect(!ending.log.contains("hunter2"))
        }
    }

    @Test func `T8 a canceled run is asked to end and its last words are kept`() async throws {
        try await TestHost.withShell { shell in
            let ending = try await TestRun().carryOut(
                """
                steps:
                  - cmd: \(shell) sh -c 'trap "echo bye; exit 0" TERM; echo ready; while :; do sleep 0.1; done'
                  - cmd: \(shell) echo never
                """, marker: "ready"
            ) { $0.cancel() }

            #expect(ending.outcome.status == .canceled)
            #expect(ending.lines.contains("bye"))
            #expect(!ending.lines.contains("never"))
            #expect(ending.leftovers.isEmpty)
        }
    }

    @Test(arguments: [
        "Creating Docker network", "Setting up Docker configuration", "Executing step ID: one", "Launching container",
    ])
    func `nothing is left of a run that is canceled early`(marker: String) async throws {
        try await TestHost.withShell { shell in
            let ending = try await TestRun().carryOut(
                "steps: [{cmd: \(shell) sleep 1000, id: one}]", marker: marker
            ) { $0.cancel() }

            #expect(ending.outcome.status == .canceled)
            #expect(ending.leftovers.isEmpty)
        }
    }

    @Test func `T10 a run that takes too long ends as Timeout with nothing left`() async throws {
        try await TestHost.withShell { shell in
            var test = TestRun()
            test.timeout = .seconds(3)

            let ending = try await test.carryOut(
                "steps:\n- cmd: \(shell) sh -c 'trap \"echo asked\" TERM; while :; do sleep 0.1; done'\n")

            #expect(ending.outcome.status == .timeout)
            #expect(!ending.lines.contains("asked"))
            #expect(ending.leftovers.isEmpty)
        }
    }

    @Test func `a broken file fails the run with its line`() async throws {
        let ending = try await TestRun().carryOut("steps:\n  - cmd: a\n    when: [b]\n")

        #expect(ending.outcome.status == .failed)
        #expect(ending.outcome.message?.contains("line 3, column 11") == true)
        #expect(ending.outcome.message?.contains("[when-unknown-step]") == true)
    }

    @Test func `S13 a privileged step is refused before anything runs`() async throws {
        let ending = try await TestRun().carryOut("steps: [{cmd: x}, {cmd: y, privileged: true}]")

        #expect(ending.outcome.status == .failed)
        #expect(ending.outcome.message?.contains("policy of the agent pool") == true)
        #expect(!ending.log.contains("Executing step"))
    }

    @Test func `a program that is not there has docker's exit code`() async throws {
        try await TestHost.withShell { shell in
            let ending = try await TestRun().carryOut("steps: [{id: one, cmd: \(shell) /no/such/program}]")

            #expect(
                ending.outcome.message?.hasPrefix("failed to run step ID: one: exit status 127: ") == true,
                Comment(rawValue: ending.log))
        }
    }

    @Test func `a build sees the workspace through its ignore file`() async throws {
        try await TestHost.withShell { shell in
            var test = TestRun()
            test.files = [
                "app/Dockerfile": "FROM \(shell)\nCOPY . /in\nRUN ls /in > /list\nCMD [\"cat\", \"/list\"]\n",
                "app/.dockerignore": "hidden\n", "app/hidden": "", "app/seen": "",
            ]

            let ending = try await test.carryOut(
                """
                steps:
                  - cmd: \(shell) touch app/made
                  - build: -t slipway-test-\(test.run):1 app
                  - cmd: slipway-test-\(test.run):1
                """)

            #expect(ending.outcome.status == .succeeded, Comment(rawValue: ending.log))
            #expect(ending.lines.contains("made") && ending.lines.contains("seen"))
            #expect(!ending.lines.contains("hidden"))
            let client = try DockerClient(endpoint: TestHost.endpoint)
            #expect(try await client.inspectImage("slipway-test-\(test.run):1") == nil)
        }
    }

    @Test func `what is left of a run is not what the run makes when it is handed out again`() async throws {
        try await withTemporaryFolder { folder in
            let client = try DockerClient(endpoint: TestHost.endpoint)
            let daemon = try Daemon(client: client, directory: folder)
            let attempts = [1, 2].map { RunAttempt(run: RunID(sequence: 1), epoch: $0) }
            for attempt in attempts {
                try await client.createVolume(
                    "slipway-test-\(attempt.epoch)-\(daemon.owner)", labels: attempt.labels(of: daemon.owner))
            }

            await daemon.removeAll(of: attempts[0], reachesOthers: true, logger: .init(label: "test"))

            let label = "\(RunLabels.owner)=\(daemon.owner)"
            #expect(try await client.volumes(labels: [label]).map(\.name) == ["slipway-test-2-\(daemon.owner)"])
            await daemon.removeAll(of: attempts[1], reachesOthers: true, logger: .init(label: "test"))
            #expect(try await client.volumes(labels: [label]).isEmpty)
            #expect(!daemon.owes)
        }
    }

    @Test func `what an earlier process left is removed once`() async throws {
        try await withTemporaryFolder { folder in
            let client = try DockerClient(endpoint: TestHost.endpoint)
            let daemon = try Daemon(client: client, directory: folder)
            let name = "slipway-test-\(daemon.owner)"
            try await client.createVolume(name, labels: [RunLabels.owner: daemon.owner])
            _ = try await client.createNetwork(name, labels: [RunLabels.owner: daemon.owner])
            let restarted = try Daemon(client: client, directory: folder)

            await restarted.removeLeftovers(logger: .init(label: "test"))

            #expect(restarted.owner == daemon.owner)
            #expect(try await client.volumes(labels: ["\(RunLabels.owner)=\(daemon.owner)"]).isEmpty)
            #expect(try await client.networks(labels: ["\(RunLabels.owner)=\(daemon.owner)"]).isEmpty)
        }
    }
}
