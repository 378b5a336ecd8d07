import Storage
import TaskModel
import Testing

/// The store against the rules that it keeps: random moves with leases that are good, old or foreign.
struct RunMachineTests {
    @Test(arguments: [1, 2, 3]) func `D2 D3 D4 M1 M4 M5 the store moves a run as the rules say`(seed: UInt64)
        async throws
    {
        try await withStore { store, _, _ in
            var random = Generator(state: seed)
            for number in 1...25 {
                var machine = RunMachine(retriesLeft: Int(random.next() % 3))
                let run = try await store.enqueue(
                    Self.newRun(machine, pool: "p\(number)"), maxQueued: 1000, at: TestData.now)
                var leases = ["none"]
                for step in 0..<30 where !machine.status.isTerminal || step % 3 == 0 {
                    let lease =
                        random.next() % 4 == 0 ? leases[Int(random.next()) % leases.count] : leases[leases.count - 1]
                    let move = random.next() % 7
                    let expected: Bool
                    let happened: Bool
                    switch move {
                    case 0:
                        let new = "\(number)-\(step)"
                        expected = machine.claim(new)
                        happened = try await store.claimTest(lease: new, pool: "p\(number)") != nil
                        if expected { leases.append(new) }
                    case 1:
                        expected = machine.begin(lease)
                        happened = try await Self.isTaken { try await store.begin(lease: lease, at: TestData.now) }
                    case 2 where random.next() % 3 == 0:
                        expected = machine.requestCancel()
                        let answers = try await store.cancel(
                            registry: "local01", .ids([run.id]), isDryRun: false, at: TestData.now)
                        happened = answers.first?.result != .alreadyFinished
                    case 3 where random.next() % 3 == 0:
                        expected = machine.requestTimeout(lease)
                        happened = try await store.requestTimeout(lease: lease, because: "long", at: TestData.now)
                    case 4:
                        expected = machine.lose(lease) != nil
                        happened = try await store.lose(lease: lease, at: TestData.now) { _, _ in LossRecord() } != nil
                    case 5 where random.next() % 3 == 0:
                        let outcome: RunStatus = random.next() % 2 == 0 ? .succeeded : .failed
                        let end = machine.finish(lease, as: outcome)
                        expected = end != nil
                        happened = try await Self.isTaken {
                            let stored = try await store.finish(
                                lease: lease, with: RunOutcome(status: outcome), at: TestData.now)
                            #expect(stored.status == end)
                        }
                    case 6:
                        expected = machine.giveBack(lease)
                        happened = try await store.giveBack(lease: lease, at: TestData.now) != nil
                    default: continue
                    }

                    #expect(happened == expected, "move \(move) in step \(step) of run \(number)")
                    let stored = try #require(try await store.find(run.id))
                    #expect(stored.status == machine.status)
                    #expect(stored.epoch == machine.epoch)
                    #expect(stored.isCancelRequested == machine.isCancelRequested)
                    #expect(stored.isTimeoutRequested == machine.isTimeoutRequested)
                    let held = try await store.heldRun(lease: lease)
                    #expect((held != nil) == (machine.standing(of: lease) != .lost))
                }
            }
        }
    }

    private static func newRun(_ machine: RunMachine, pool: String) -> NewRun {
        let run = TestData.newRun(pool: pool)
        guard case .build(var build) = run.request else { return run }
        build.queue.retryOnAgentLoss = machine.retriesLeft
        return NewRun(
            registry: run.registry, type: run.type, request: .build(build), submittedBy: "tester", agentPool: pool)
    }

    private static func isTaken(_ work: () async throws -> Void) async throws -> Bool {
        do { try await work() } catch StorageError.leaseLost { return false }
        return true
    }

    private struct Generator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33
        }
    }
}
