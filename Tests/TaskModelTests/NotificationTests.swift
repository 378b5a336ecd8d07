import Foundation
import TaskModel
import Testing

struct NotificationTests {
    @Test(arguments: [
        ("*", "anything", true), ("app-*", "App-web", true), ("app-*", "my-app-web", false), ("a?c", "abc", true),
        ("a?c", "ac", false), ("*-nightly", "x-nightly", true), ("a*b*c", "aXbYbZc", true), ("a*b*c", "aXbY", false),
        ("hello", "HELLO", true), ("hello", "hello2", false), ("**", "", true),
    ])
    func `a pattern matches whole names, without case`(pattern: String, name: String, matches: Bool) throws {
        #expect(try NamePattern(pattern).matches(name) == matches)
    }

    @Test(arguments: ["", "a/b", "a b", "!a", "[a]", String(repeating: "a", count: 101)])
    func `what can't be a pattern is refused`(text: String) {
        #expect(throws: InvalidName.self) { try NamePattern(text) }
    }

    @Test func `a pattern of many stars takes no long time`() throws {
        let pattern = try NamePattern(String(repeating: "*a", count: 49) + "b")

        #expect(!pattern.matches(String(repeating: "a", count: 4096)))
    }

    @Test(arguments: [
        ("https://h.test/x", "https://h.test/x"), ("https://me:hunter2@h.test:8443/x", "https://h.test:8443/x"),
        ("https://h.test/x?token=hunter2&a=b", "https://h.test/x?***"), ("https://hunter2@h.test", "https://h.test"),
    ])
    func `a URL is shown without what may be a secret`(text: String, shown: String) throws {
        let url = try NotificationURL(text)

        #expect(url.shown == shown)
        #expect("\(url)" == shown)
        #expect(url.secret.value == text)
        #expect(!url.address.value.contains("@"))
    }

    @Test func `the user info of a URL is a login`() throws {
        let url = try NotificationURL("https://me:p%40ss@h.test/x?a=b")

        #expect(url.login == Credential(username: "me", password: Secret("p@ss")))
        #expect(url.address.value == "https://h.test/x?a=b")
    }

    @Test(arguments: [
        "", "h.test/hunter2", "ftp://h.test/hunter2", "https:///hunter2", "https://h.test/a#hunter2",
        "https://h.test/a\nhunter2", "https://h.test/a hunter2",
    ])
    func `what is no URL is refused, and not repeated`(text: String) {
        let error = #expect(throws: InvalidName.self) { try NotificationURL(text) }
        #expect(error?.description.contains("hunter2") == false)
    }

    @Test(arguments: [
        (RunStatus.queued, "app" as String?, false), (.started, "app", true), (.running, "app", false),
        (.failed, "app", true),
        (.succeeded, "app", false), (.failed, "other", false), (.failed, nil, false),
    ])
    func `a target wants the events, tasks and statuses that it names`(status: RunStatus, task: String?, wants: Bool)
        throws
    {
        let target = NotificationTarget(
            name: "n", registry: "local01", url: try NotificationURL("https://h.test/"), secret: Secret("s"),
            events: [.started, .finished], tasks: [try NamePattern("a*")], statuses: [.failed, .error],
            createTime: Date(timeIntervalSince1970: 1_800_000_000))

        #expect(target.wants(status, of: task, in: "LOCAL01") == wants)
        #expect(!target.wants(status, of: task, in: "other01"))
    }
}
