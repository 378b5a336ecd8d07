import Dispatch
import Testing

@testable import CurlHTTP

struct BytePipeTests {
    struct Broken: Error, Equatable {}

    @Test func `what a task writes another task reads in order`() async throws {
        let pipe = BytePipe(capacity: 1000)
        let chunks = (0..<500).map { index in [UInt8](repeating: UInt8(index % 251), count: 1 + index % 97) }

        async let writing: Void = {
            for chunk in chunks { try await pipe.write(chunk) }
            pipe.finish()
        }()
        var received: [UInt8] = []
        for try await bytes in pipe { received += bytes }
        try await writing

        #expect(received == chunks.flatMap(\.self))
    }

    @Test func `a blocking writer and a task that reads pass eight mebibytes`() async throws {
        let pipe = BytePipe(capacity: 64 * 1024)
        let block = (0..<40_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }

        DispatchQueue.global().async {
            for _ in 0..<200 { _ = try? pipe.writeBlocking(block) }
            pipe.finish()
        }
        var count = 0
        var isEqual = true
        while let bytes = try await pipe.read() {
            for byte in bytes {
                isEqual = isEqual && byte == block[count % block.count]
                count += 1
            }
        }

        #expect(count == 200 * block.count)
        #expect(isEqual)
    }

    @Test func `a blocking reader gets what a task writes`() async throws {
        let pipe = BytePipe(capacity: 10)

        async let received: [UInt8] = withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                var all: [UInt8] = []
                while let bytes = try? pipe.readBlocking() { all += bytes }
                continuation.resume(returning: all)
            }
        }
        for byte in UInt8(0)..<100 { try await pipe.write([byte, byte, byte]) }
        pipe.finish()

        #expect(await received == (UInt8(0)..<100).flatMap { [$0, $0, $0] })
    }

    @Test func `a full pipe takes nothing more until something was read`() throws {
        let pipe = BytePipe(capacity: 10)

        #expect(try pipe.tryWrite([UInt8](repeating: 1, count: 8)))
        #expect(try !pipe.tryWrite([2, 2, 2]))
        #expect(try pipe.tryRead()?.count == 8)
        #expect(try pipe.tryWrite([2, 2, 2]))
    }

    @Test func `a write larger than the pipe is taken whole when the pipe is empty`() throws {
        let pipe = BytePipe(capacity: 10)

        #expect(try pipe.tryWrite([UInt8](repeating: 1, count: 5000)))
        #expect(try pipe.tryRead()?.count == 5000)
    }

    @Test func `a writer is not woken before its bytes fit`() throws {
        let pipe = BytePipe(capacity: 10)
        let wakes = Counter()
        _ = try pipe.tryWrite([1, 1, 1])
        _ = try pipe.tryWrite([1])

        pipe.whenWritable(9) { wakes.increment() }
        #expect(wakes.value == 0)
        _ = try pipe.tryRead()

        #expect(wakes.value == 1)
    }

    @Test func `bytes written before a failure are still read`() async throws {
        let pipe = BytePipe()
        try await pipe.write([1, 2])
        pipe.fail(Broken())

        #expect(try await pipe.read() == [1, 2])
        await #expect(throws: Broken.self) { try await pipe.read() }
    }

    @Test func `only the first end counts`() async throws {
        let pipe = BytePipe()
        pipe.finish()
        pipe.fail(Broken())

        #expect(try await pipe.read() == nil)
        await #expect(throws: BytePipeError.finished) { try await pipe.write([1]) }
    }

    @Test func `a writer that waits learns that the reader has gone`() async throws {
        let pipe = BytePipe(capacity: 1)
        try await pipe.write([1])

        async let writing: Void = pipe.write([2])
        pipe.abandon()
        var failure: (any Error)?
        do { try await writing } catch { failure = error }

        #expect(failure as? BytePipeError == .abandoned)
    }

    @Test func `a thread that waits to write learns that the reader has gone`() async throws {
        let pipe = BytePipe(capacity: 1)
        try await pipe.write([1])

        async let failure: (any Error)? = withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                do {
                    try pipe.writeBlocking([2])
                    continuation.resume(returning: nil)
                } catch {
                    continuation.resume(returning: error)
                }
            }
        }
        pipe.abandon()

        #expect(await failure as? BytePipeError == .abandoned)
    }

    @Test func `cancelling a task ends its read`() async throws {
        let pipe = BytePipe()

        let result = await withTaskGroup(of: Result<[UInt8]?, any Error>.self) { group in
            group.addTask {
                do { return .success(try await pipe.read()) } catch { return .failure(error) }
            }
            group.cancelAll()
            return await group.next()
        }

        #expect(throws: CancellationError.self) { try result?.get() }
    }

    @Test func `cancelling a task ends its write`() async throws {
        let pipe = BytePipe(capacity: 1)
        try await pipe.write([1])

        let result = await withTaskGroup(of: Result<Void, any Error>.self) { group in
            group.addTask {
                do { return .success(try await pipe.write([2])) } catch { return .failure(error) }
            }
            group.cancelAll()
            return await group.next()
        }

        #expect(throws: CancellationError.self) { try result?.get() }
    }

    @Test func `taking into a buffer and reading share one position`() throws {
        let pipe = BytePipe()
        for byte in UInt8(0)..<200 { _ = try pipe.tryWrite([byte, byte]) }

        var buffer = [UInt8](repeating: 0, count: 301)
        let taken = buffer.withUnsafeMutableBytes { pipe.take(into: $0) }
        var rest: [UInt8] = []
        while let bytes = try pipe.tryRead() { rest += bytes }

        guard case .bytes(301) = taken else {
            Issue.record("took \(taken)")
            return
        }
        #expect(buffer + rest == (UInt8(0)..<200).flatMap { [$0, $0] })
    }
}
