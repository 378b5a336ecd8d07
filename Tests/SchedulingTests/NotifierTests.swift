import Testing

@testable import Scheduling

struct NotifierTests {
    @Test func `a change between looking and waiting is not missed`() async {
        let notifier = Notifier<String>()
        let mark = notifier.mark()

        notifier.notify("a")

        await notifier.wait(for: "a", after: mark, atMost: .seconds(3600))
    }

    @Test func `a waiting task is woken by its own key`() async {
        let notifier = Notifier<String>()
        let mark = notifier.mark()

        async let waiting: Void = notifier.wait(for: "a", after: mark, atMost: .seconds(3600))
        notifier.notify("a")

        await waiting
    }

    @Test func `a canceled task waits no longer`() async {
        let notifier = Notifier<String>()
        let task = Task { await notifier.wait(for: "a", after: notifier.mark(), atMost: .seconds(3600)) }

        task.cancel()

        await task.value
    }
}
