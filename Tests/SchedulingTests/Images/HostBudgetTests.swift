import Foundation
import Testing

@testable import Scheduling

struct HostBudgetTests {
    private static let now = Date(timeIntervalSince1970: 1000)

    @Test func `a host is asked so often in a minute, and others are not held up by it`() {
        let budget = HostBudget(perMinute: 2)

        let taken = (0..<3).map { _ in budget.take("a", isUrgent: false, at: Self.now) }

        #expect(taken == [nil, nil, Self.now + 30])
        #expect(budget.take("b", isUrgent: false, at: Self.now) == nil)
        #expect(budget.take("a", isUrgent: false, at: Self.now + 30) == nil)
    }

    @Test func `each question too many has its own place in the line, and may be asked when it is there`() {
        let budget = HostBudget(perMinute: 30)
        for _ in 0..<30 { _ = budget.take("a", isUrgent: false, at: Self.now) }

        let places = (0..<50).compactMap { _ in budget.take("a", isUrgent: false, at: Self.now) }

        #expect(places == (1...50).map { Self.now + Double($0) * 2 })
        #expect(places.allSatisfy { budget.take("a", isUrgent: false, at: $0) == nil })
    }

    @Test func `what is said to have changed is asked for beyond the budget, but not without end`() {
        let budget = HostBudget(perMinute: 2)

        let taken = (0..<6).map { _ in budget.take("a", isUrgent: true, at: Self.now) == nil }

        #expect(taken == [true, true, true, true, false, false])
        #expect(budget.take("a", isUrgent: true, isOwn: true, at: Self.now) == nil)
    }

    @Test func `F8 a host is left alone as long as it asked for, also when the clock is put back`() {
        let budget = HostBudget(perMinute: 10)
        _ = budget.take("a", isUrgent: false, at: Self.now)
        budget.close("a", until: Self.now + 90, at: Self.now)

        let back = Self.now - 86_400
        #expect(budget.take("a", isUrgent: false, at: back) == back + 90)
        #expect(budget.take("a", isUrgent: false, at: back + 90) == nil)
        #expect(!budget.isClosed("a", at: back + 90))
    }

    @Test func `what changed is asked for also beyond the budget, but not before the time that a host named`() {
        let budget = HostBudget(perMinute: 1)
        _ = budget.take("a", isUrgent: false, at: Self.now)

        let urgent = budget.take("a", isUrgent: true, at: Self.now)
        budget.close("a", until: Self.now + 90, at: Self.now)

        #expect(urgent == nil)
        #expect(budget.take("a", isUrgent: true, at: Self.now + 89) == Self.now + 90)
        #expect(budget.take("a", isUrgent: true, at: Self.now + 90) == nil)
    }
}
