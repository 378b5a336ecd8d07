import Contexts
import Foundation
import SwiftProtobuf
import Synchronization
import TaskModel
import Testing

@testable import DockerEngine

@Suite(.timeLimit(.minutes(10)))
struct VertexChangesTests {
    @Test func `a vertex is told when it has changed, with its number in the log and its bytes`() throws {
        var plain = PlainProgress()
        var changes = VertexChanges()
        let start = Google_Protobuf_Timestamp(roundingTimeIntervalSince1970: 100)
        func apply(_ change: (inout WireStatusResponse) -> Void) -> [BuildVertex] {
            plain.apply(.with(change), now: 0)
            _ = plain.render(now: 0)
            return changes.take(from: plain)
        }
        func vertex(_ change: (inout WireVertex) -> Void) -> WireVertex {
            .with {
                ($0.digest, $0.name) = ("a", "[internal] load build context")
                change(&$0)
            }
        }
        func transfer(_ bytes: Int64) -> WireVertexStatus {
            .with { ($0.vertex, $0.id, $0.current) = ("a", "transferring context:", bytes) }
        }

        let known = apply { $0.vertexes = [vertex { _ in }] }
        let begun = apply { $0.vertexes = [vertex { $0.started = start }] }
        let same = apply { $0.statuses = [transfer(10)] }
        let done = apply {
            $0.statuses = [transfer(98)]
            $0.vertexes = [
                vertex {
                    $0.started = start
                    $0.completed = Google_Protobuf_Timestamp(roundingTimeIntervalSince1970: 101.5)
                }
            ]
        }

        #expect(known == [BuildVertex(position: 0, name: "[internal] load build context")])
        #expect(begun.map(\.status) == [.running])
        #expect(same.isEmpty)
        #expect(
            done == [
                BuildVertex(
                    position: 0, number: 1, name: "[internal] load build context", status: .successful,
                    startTime: Date(timeIntervalSince1970: 100), finishTime: Date(timeIntervalSince1970: 101.5),
                    seconds: 1.5, bytes: 98)
            ])
    }

    @Test(.needsDaemon, arguments: [BuilderChoice.buildKit, .classic])
    func `the second of two equal builds takes all steps from the cache`(builder: BuilderChoice) async throws {
        let name = TestDaemon.uniqueName()
        let errors = Mutex<[String]>([])
        func build(_ input: BuildInput) async throws -> [BuildVertex] {
            let told = Mutex<[Int: BuildVertex]>([:])
            do {
                _ = try await TestDaemon.client().build(
                    input, options: BuildOptions(tags: [name], builder: builder),
                    vertices: { vertices in
                        told.withLock { told in for vertex in vertices { told[vertex.position] = vertex } }
                    }, output: { _ in })
            } catch DockerError.build(let message) {
                errors.withLock { $0.append("\(message)") }
            }
            return told.withLock { $0.sorted { $0.key < $1.key }.map(\.value) }
        }
        /// From its first step on each is another build than those of all other tests: the classic builder may else
        /// choose among equal steps of several. With many builds at once it fails now and then, at one of its first steps.
        func attempt(_ lines: String, until isSound: ([BuildVertex]) -> Bool) async throws -> (
            input: BuildInput, vertices: [BuildVertex]
        ) {
            var number = 0
            while true {
                number += 1
                let input = TestDaemon.input(
                    TestDaemon.shell.replacing(
                        "FROM scratch", with: "FROM scratch\nLABEL name=\(TestDaemon.uniqueName())") + lines,
                    [try TestDaemon.busybox()])
                let vertices = try await build(input)
                if number == 5 || isSound(vertices) { return (input, vertices) }
            }
        }

        let (input, first) = try await attempt("RUN echo one \(name)\nRUN echo two\n") { vertices in
            !vertices.contains { $0.status == .failed }
        }
        let second = try await build(input)
        let failed = try await attempt("RUN exit 3\nRUN echo never\n") { vertices in
            vertices.contains { $0.status == .failed && $0.name.hasSuffix("RUN exit 3") }
        }.vertices
        let told = Comment(rawValue: errors.withLock { $0.joined(separator: "\n") })

        #expect(
            first.filter(\.isStep).suffix(2).map(\.status) == [.successful, .successful], told)
        #expect(second.filter { $0.isStep && $0.name.contains("RUN") }.map(\.status) == [.cached, .cached], told)
        #expect(second.filter(\.isStep).count >= 3)
        for vertex in first where vertex.isStep {
            #expect(try #require(vertex.startTime) <= #require(vertex.finishTime))
            #expect(vertex.number != nil && vertex.seconds != nil)
        }
        let bad = try #require(failed.first { $0.status == .failed }, told)
        #expect(bad.name.hasSuffix("RUN exit 3"), told)
        #expect(bad.error?.contains("3") == true)
        try await TestDaemon.client().removeImage(name)
    }
}
