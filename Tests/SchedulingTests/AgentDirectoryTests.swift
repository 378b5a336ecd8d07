import AgentProtocol
import TaskModel
import Testing

@testable import Scheduling

struct AgentDirectoryTests {
    private let time = VirtualTime()
    private let agent = AgentDescription(
        id: AgentID("a1"), pool: "p", host: "h", slots: 2, version: "1")

    private func directory() -> AgentDirectory {
        let directory = AgentDirectory(uptime: { [time] in time.uptime })
        directory.put(agent)
        return directory
    }

    private func state(_ directory: AgentDirectory) -> AgentState? {
        directory.agents(of: agent.poolID).first?.state
    }

    @Test func `T4 an agent is shown as unreachable 30 s after it was last heard of, not before`() {
        let directory = directory()

        time.pass(.milliseconds(29_999))
        #expect(state(directory) == .connected)
        time.pass(.milliseconds(1))
        #expect(state(directory) == .unreachable)

        _ = directory.note(AgentReport(), of: agent.id)
        #expect(state(directory) == .connected)
    }

    @Test func `an agent is what it says of itself`() {
        let directory = directory()

        _ = directory.note(AgentReport(running: 1), of: agent.id)
        #expect(state(directory) == .connected)
        _ = directory.note(AgentReport(running: 2), of: agent.id)
        #expect(state(directory) == .busy)
        _ = directory.note(AgentReport(obstacle: "its disk is full", running: 2), of: agent.id)
        #expect(state(directory) == .unhealthy("its disk is full"))
        _ = directory.note(AgentReport(isStopping: true), of: agent.id)
        #expect(state(directory) == .draining)
    }

    @Test func `an agent that comes back while its old call goes on can ask again`() async {
        let directory = directory()

        await directory.asking(agent.id) {
            directory.remove(agent.id)
            directory.put(agent)
            #expect(!directory.isAsked(agent.poolID))
        }

        await directory.asking(agent.id) { #expect(directory.isAsked(agent.poolID)) }
    }

    @Test func `an agent that is not known is told so`() {
        #expect(directory().note(AgentReport(), of: AgentID("other")) == nil)
    }
}
