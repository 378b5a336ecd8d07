import Foundation
import TestSupport
import Testing

struct PoolCommandTests {
    private static let pool =
        #"{"id":"x/agentPools/p1","name":"p1","type":"t","location":"local","properties":{"count":2,"tier":"S2","os":"Linux","#
        + #""provisioningState":"Succeeded","busySlots":1,"queuedRuns":3}}"#
    private static let table = """
        NAME  COUNT  TIER  STATE      VNET  OS
        ----  -----  ----  ---------  ----  -----
        p1    2      S2    Succeeded        Linux

        """

    private func withPool(_ body: (ResourceAPIStub, CommandRunner) async throws -> Void) async throws {
        try await CommandRunner.with { stub, slipway in
            stub.change {
                $0.answers = [
                    "GET /agentPools": #"{"value":[\#(Self.pool)]}"#, "GET /agentPools/p1": Self.pool,
                    "PUT /agentPools/p1": Self.pool, "PATCH /agentPools/p1": Self.pool,
                    "GET /agentPools/p1/cache":
                        #"{"bytes":2048,"reclaimableBytes":1024,"records":3,"recordsInUse":1,"maxAgeSeconds":3600}"#,
                    "POST /agentPools/p1/cache/prune": #"{"bytes":1048576,"records":7}"#,
                    "DELETE /agentPools/p1": "", "POST /agentPools/p1/listQueueStatus": #"{"count":3}"#,
                ]
            }
            try await body(stub, slipway)
        }
    }

    @Test(arguments: ["pool", "agentpool"])
    func `pools are listed with the columns of the Azure CLI`(word: String) async throws {
        try await withPool { _, slipway async throws in
            #expect(try await slipway.run(word, "list").output == Self.table)
        }
    }

    @Test func `a pool is shown with how busy it is`() async throws {
        try await withPool { _, slipway async throws in
            let shown = try await slipway.run("pool", "show", "-n", "p1")
            let queue = try await slipway.run("agentpool", "show", "-n", "p1", "--queue-count", "-o", "tsv")

            #expect(
                shown.output == Self.table + """

                    Busy: 1 of 2. Queued: 3.

                    Build cache: 2.0 KiB in 3 records, 1.0 KiB reclaimable; unused for at most 1h0m0s.

                    """)
            #expect(queue.output == "3\n")
        }
    }

    @Test func `options are spelled as those of the Azure CLI`() async throws {
        try await withPool { stub, slipway async throws in
            let made = try await slipway.run(
                "agentpool", "create", "--name", "p1", "-c", "2", "--tier", "S2", "--subnet-id", "/x")
            let changed = try await slipway.run("pool", "update", "-n", "p1", "--count", "0")

            #expect(made.output == Self.table)
            #expect(changed.code == 0)
            #expect(
                stub.now.bodies == [
                    #"{"properties":{"count":2,"os":"Linux","tier":"S2","virtualNetworkSubnetResourceId":"/x"}}"#,
                    #"{"properties":{"count":0}}"#,
                ])
        }
    }

    @Test func `the cache of a pool is shown and pruned`() async throws {
        try await withPool { stub, slipway async throws in
            let shown = try await slipway.run("pool", "cache", "-o", "tsv")
            let pruned = try await slipway.run(
                "pool", "cache", "prune", "p1", "--all", "--keep", "2GiB", "--older", "2d", "-y", "-o", "tsv")
            let wrong = try await slipway.run("pool", "cache", "prune", "p1", "--keep", "much", "-y")

            #expect(shown.output == "2.0 KiB\t1.0 KiB\t3\t1\t\t1h0m0s\n")
            #expect(pruned.output == "1.0 MiB\t7\n")
            #expect(stub.now.bodies == [#"{"all":true,"keepBytes":2147483648,"unusedForSeconds":172800}"#])
            #expect(wrong.code == 64)
        }
    }

    @Test func `a pool is deleted without a question only when told so`() async throws {
        try await withPool { stub, slipway async throws in
            let unasked = try await slipway.run("pool", "delete", "-n", "p1")
            #expect(unasked.code == 1)
            #expect(unasked.errors.contains("--yes"))
            #expect(stub.now.bodies.isEmpty)

            #expect(try await slipway.run("pool", "delete", "-n", "p1", "-y").code == 0)
            #expect(stub.now.bodies == [""])
            #expect(try await slipway.run("pool", "delete", "-n", "p9", "-y").code == 3)
        }
    }
}
