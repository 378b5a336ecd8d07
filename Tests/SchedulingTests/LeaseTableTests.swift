import AgentProtocol
import TaskModel
import Testing

@testable import Scheduling

struct LeaseTableTests {
    private static let lease = LeaseID("lease")
    private static let holding = LeaseTable.Holding(
        lease: lease, run: RunID(sequence: 1), agent: "a1", pool: PoolID(name: "default"), logStart: 0)

    /// A table with one lease, taken at once.
    private func table(_ terms: LeaseTerms = LeaseTerms(), deadline: Duration = .seconds(3600)) -> LeaseTable {
        var table = LeaseTable(terms: terms)
        table.add(Self.holding, deadline: deadline, at: .zero)
        return table
    }

    /// Looks as often as the reaper does, from one time to another.
    private func lost(_ table: inout LeaseTable, from start: Duration, to end: Duration) -> Duration? {
        var now = start
        while now <= end {
            if !table.takeLost(at: now).isEmpty { return now }
            now += table.lookEvery
        }
        return nil
    }

    @Test func `T5 a lease is lost no earlier than its term, and at most 10 s later`() throws {
        var table = table()
        #expect(lost(&table, from: .zero, to: .seconds(40)) == nil)
        #expect(table.renew(Self.lease, at: .seconds(40.5)) == .held)

        let time = try #require(lost(&table, from: .seconds(41), to: .seconds(200)))

        #expect(time >= .seconds(130.5))
        #expect(time <= .seconds(140.5))
    }

    @Test func `F3 an agent that is back within its term keeps the run`() {
        var table = table()

        #expect(lost(&table, from: .zero, to: .seconds(70)) == nil)
        #expect(table.renew(Self.lease, at: .seconds(70)) == .held)
        #expect(lost(&table, from: .seconds(71), to: .seconds(159)) == nil)
    }

    @Test func `F5 a lost lease is not renewed, and gets no permission`() {
        var table = table()
        _ = lost(&table, from: .zero, to: .seconds(100))

        #expect(table.renew(Self.lease, at: .seconds(101)) == .lost)
        #expect(table.grant(Self.lease, at: .seconds(101)) == nil)
        table.remove(Self.lease)
        #expect(table.renew(Self.lease, at: .seconds(102)) == nil)
        #expect(table.takeLost(at: .seconds(103)).isEmpty)
    }

    @Test func `M3 permission to push ends with the lease, and none is given once a stop was asked for`() {
        var table = table()

        #expect(table.grant(Self.lease, at: .seconds(10)) == .seconds(60))
        #expect(table.grant(Self.lease, at: .seconds(80)) == .seconds(10))
        #expect(table.grant(Self.lease, at: .seconds(95)) == .zero)
        table.requestStop(of: Self.holding.run, .cancel)
        #expect(table.grant(Self.lease, at: .seconds(20)) == nil)
    }

    @Test func `M2 a renewal tells of a stop, and a cancel counts more than the end of the time`() {
        var table = table()

        table.requestStop(of: Self.holding.run, .timeout)
        #expect(table.renew(Self.lease, at: .seconds(1)) == .stopping(.timeout))
        table.requestStop(of: Self.holding.run, .cancel)
        table.requestStop(of: Self.holding.run, .timeout)
        #expect(table.renew(Self.lease, at: .seconds(2)) == .stopping(.cancel))
    }

    @Test func `M2 a stop that a lease did not hear of is noted when it is added again`() {
        var table = table()

        table.add(Self.holding, stop: .cancel, deadline: .seconds(3600), at: .seconds(1))
        #expect(table.standing(of: Self.lease) == .stopping(.cancel))
        table.add(Self.holding, deadline: .seconds(3600), at: .seconds(2))
        #expect(table.standing(of: Self.lease) == .stopping(.cancel))
    }

    @Test(arguments: [Duration.seconds(5), .seconds(600), .seconds(86_400)])
    func `F2 nobody is lost for a time in which the server did not look`(gap: Duration) throws {
        var table = table()
        #expect(lost(&table, from: .zero, to: .seconds(50)) == nil)

        let time = try #require(lost(&table, from: .seconds(50) + gap, to: .seconds(200) + gap))

        #expect(time >= .seconds(90) + gap)
        #expect(time <= .seconds(101) + gap)
    }

    @Test func `F9 a verdict that can't be written is taken back, and all leases begin anew`() {
        var table = table()
        _ = lost(&table, from: .zero, to: .seconds(91))

        table.restore([Self.lease], at: .seconds(92))

        #expect(table.renew(Self.lease, at: .seconds(93)) == .held)
        #expect(lost(&table, from: .seconds(93), to: .seconds(182)) == nil)
    }

    @Test func `T10 a run over its time is told once`() {
        var table = table(deadline: .seconds(100))

        #expect(table.takeOverdue(at: .seconds(99)).isEmpty)
        #expect(table.takeOverdue(at: .seconds(100)) == [Self.holding])
        #expect(table.takeOverdue(at: .seconds(101)).isEmpty)
    }

    @Test func `short terms have all else in proportion`() throws {
        var table = table(LeaseTerms(duration: .seconds(6), renewEvery: .seconds(1)))

        #expect(table.grant(Self.lease, at: .zero) == .seconds(4))
        let time = try #require(lost(&table, from: .zero, to: .seconds(60)))
        #expect(time >= .seconds(6))
        #expect(time <= .seconds(7))
    }
}
