import TaskModel
import Testing

@testable import Distribution

/// Bodies as the manuals of the registries show them.
struct RegistryNotificationTests {
    private static let distribution = """
        {"events":[
          {"id":"320678d8-ca14-430f-8bb6-4ca139cd83f7","timestamp":"2016-03-09T14:44:26.402973972-08:00","action":"push",
           "target":{"mediaType":"application/vnd.docker.distribution.manifest.v2+json","size":708,
            "digest":"sha256:fea8895f450959fa676bcc1df0611ea93823a735a01205fd8622846041d0c7cf","length":708,
            "repository":"team/base","url":"http://192.168.100.227:5000/v2/team/base/manifests/sha256:fea8","tag":"1"},
           "request":{"id":"6df24a34","addr":"192.168.64.11:42961","host":"192.168.100.227:5000","method":"PUT"},
           "actor":{},"source":{"addr":"xtal.local:5000"}},
          {"id":"2","action":"push","target":{"repository":"team/base","digest":"sha256:00"}},
          {"id":"3","action":"pull","target":{"repository":"team/other","tag":"1"}},
          {"id":"4","action":"push","target":{"repository":"team/base","tag":"1"}}]}
        """
    private static let harbor = """
        {"type":"PUSH_ARTIFACT","occur_at":1680501893,"operator":"admin","event_data":{
          "resources":[{"digest":"sha256:954b","tag":"1","resource_url":"harbor.example.test/team/base:1"}],
          "repository":{"date_created":1680501893,"name":"base","namespace":"team","repo_full_name":"team/base",
            "repo_type":"private"}}}
        """
    private static let cloudEvent = """
        {"specversion":"1.0","id":"66ae","requestid":"e2","source":"/projects/2/webhook/policies/15",
         "type":"harbor.artifact.pushed","datacontenttype":"application/json","time":"2023-04-03T06:15:41Z","operator":"admin",
         "data":{"resources":[{"digest":"sha256:954b","tag":"1","resource_url":"harbor.example.test/team/base:1"}],
         "repository":{"name":"base","namespace":"team","repo_full_name":"team/base","repo_type":"private"}}}
        """
    private static let acr = """
        {"id":"cb8c3971-9adc-488b-xxxx-43cbb4974ff5","timestamp":"2017-11-17T16:52:01.343145347Z","action":"push",
         "target":{"mediaType":"application/vnd.docker.distribution.manifest.v2+json","size":524,"digest":"sha256:xxxx",
          "length":524,"repository":"team/base","tag":"1"},
         "request":{"id":"3cbb6949","host":"myregistry.azurecr.io","method":"PUT","useragent":"docker/17.09.0-ce"}}
        """
    private static let dockerHub = """
        {"callback_url":"https://registry.hub.docker.com/u/team/base/hook/2141b5bi5i5b02bec211i4eeih0242eg11000a/",
         "push_data":{"pushed_at":1417566161,"pusher":"trustedbuilder","tag":"1","images":[]},
         "repository":{"name":"base","namespace":"team","owner":"team","repo_name":"team/base",
          "repo_url":"https://registry.hub.docker.com/u/team/base/","status":"Active"}}
        """

    @Test(arguments: [
        (RegistryEventKind.distribution, distribution, nil), (.harbor, harbor, nil), (.harbor, cloudEvent, nil),
        (.acr, acr, "cb8c3971-9adc-488b-xxxx-43cbb4974ff5"), (.dockerHub, dockerHub, nil),
    ])
    func `each kind of registry tells what was pushed`(kind: RegistryEventKind, body: String, id: String?) throws {
        let notification = try RegistryNotification(Array(body.utf8), from: kind)

        #expect(notification.images == [RegistryNotification.Image(repository: "team/base", tag: "1")])
        #expect(notification.id == id)
    }

    @Test(arguments: [
        (RegistryEventKind.distribution, #"{"events":[{"action":"delete","target":{"repository":"a","tag":"1"}}]}"#),
        (.harbor, #"{"type":"DELETE_ARTIFACT","event_data":{"resources":[{"tag":"1"}]}}"#),
        (.harbor, #"{"type":"PUSH_ARTIFACT","event_data":{"resources":[{"tag":"1"}]}}"#),
        (.acr, #"{"id":"1","action":"ping"}"#), (.acr, #"{"action":"delete","target":{"repository":"a","tag":"1"}}"#),
        (.distribution, #"{"events":[{"action":"push","target":{"repository":"../a","tag":"1"}}]}"#),
        (.dockerHub, #"{"push_data":{},"repository":{"repo_name":"a/b"}}"#),
    ])
    func `what is no push of a tag names nothing`(kind: RegistryEventKind, body: String) throws {
        #expect(try RegistryNotification(Array(body.utf8), from: kind).images == [])
    }

    @Test func `Docker Hub's own images stand below library`() throws {
        let body = #"{"push_data":{"tag":"3"},"repository":{"repo_name":"alpine"}}"#

        #expect(
            try RegistryNotification(Array(body.utf8), from: .dockerHub).images == [
                RegistryNotification.Image(repository: "library/alpine", tag: "3")
            ])
    }

    @Test(arguments: [
        (RegistryEventKind.distribution, "{}", "it has no 'events'"),
        (.acr, "[]", "it is no JSON of the expected shape"),
        (.dockerHub, #"{"push_data":{},"repository":{}}"#, "it has no 'repository.repo_name'"),
        (.harbor, "\u{0}", "it is no JSON of the expected shape"),
    ])
    func `a body of another kind is told of`(kind: RegistryEventKind, body: String, reason: String) {
        let error = #expect(throws: UnreadableNotification.self) {
            try RegistryNotification(Array(body.utf8), from: kind)
        }

        #expect(error?.reason == reason)
    }
}
