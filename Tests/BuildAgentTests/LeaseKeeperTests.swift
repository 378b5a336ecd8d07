import AgentProtocol
import Testing

struct LeaseKeeperTests {
    private func keeper(begun: Bool, isRepeatable: Bool = false, hold: Duration = .seconds(900)) -> LeaseKeeper {
        var keeper = LeaseKeeper(LeaseTerms(hold: hold), isRepeatable: isRepeatable, at: .zero)
        if begun { keeper.begin() }
        keeper.renew(sentAt: .seconds(100))
        return keeper
    }

    @Test(arguments: [
        // What another agent could get.
        (begun: false, isRepeatable: false, hold: 900, end: 175),
        (begun: true, isRepeatable: true, hold: 900, end: 175),
        // What nobody else is given.
        (begun: true, isRepeatable: false, hold: 900, end: 1000),
        (begun: true, isRepeatable: false, hold: 0, end: 175),
        (begun: true, isRepeatable: false, hold: 60, end: 175),
    ])
    func `T6 work that another agent could get is given up at 75 s, other work is held on`(
        begun: Bool, isRepeatable: Bool, hold: Int, end: Int
    ) {
        let keeper = keeper(begun: begun, isRepeatable: isRepeatable, hold: .seconds(hold))

        #expect(keeper.verdict(at: .milliseconds(174_999)) == .held)
        #expect(keeper.verdict(at: .milliseconds(end * 1000 - 1)) == (end > 175 ? .holding : .held))
        #expect(keeper.verdict(at: .seconds(end)) == .givenUp)
        #expect(keeper.nextChange(after: .seconds(100)) == .seconds(175))
        #expect(keeper.nextChange(after: .seconds(end)) == nil)
    }

    @Test func `T6 the lease counts from when the last answered renewal was sent`() {
        var keeper = keeper(begun: false)

        keeper.renew(sentAt: .seconds(150))
        keeper.renew(sentAt: .seconds(120))

        #expect(keeper.verdict(at: .seconds(224)) == .held)
        #expect(keeper.verdict(at: .seconds(225)) == .givenUp)
    }

    @Test func `F3 a cut of the network for 70 s changes nothing`() {
        var keeper = LeaseKeeper(LeaseTerms(), at: .zero)

        #expect(keeper.verdict(at: .seconds(70)) == .held)
        keeper.renew(sentAt: .seconds(71))

        #expect(keeper.verdict(at: .seconds(145)) == .held)
    }

    @Test func `F2 a renewal after an outage lets the run push again`() {
        var keeper = keeper(begun: true)
        #expect(keeper.verdict(at: .seconds(900)) == .holding)

        keeper.renew(sentAt: .seconds(901))

        #expect(keeper.verdict(at: .seconds(902)) == .held)
    }

    @Test func `T6 everything is dead before the server's term ends`() {
        let terms = LeaseTerms()

        // Killing takes seconds; the promise is 85 s of 90.
        #expect(terms.killAfter <= .seconds(75))
        #expect(terms.killAfter + .seconds(10) < terms.duration)
    }
}
