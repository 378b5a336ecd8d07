import CCurl
import Glibc
import Synchronization

/// One `curl_multi` handle on a thread of its own. Everything that touches an easy handle runs on that thread.
final class CurlLoop: Sendable {
    private enum Command {
        case add(Transfer)
        case resume(Transfer)
        case cancel(Transfer)
        case stop
    }

    private struct Queue {
        var commands: [Command] = []
        /// From here on the handle is freed, or about to be.
        var isStopped = false
    }

    // curl_multi_wakeup may be called from any thread until the queue is stopped; everything else happens on the loop's thread.
    private nonisolated(unsafe) let multi: OpaquePointer
    private let queue = Mutex(Queue())

    init() {
        _ = Self.globalInit
        // Null only when memory is used up, where nothing can go on.
        guard let multi = curl_multi_init() else { preconditionFailure("libcurl has no memory for a multi handle") }
        self.multi = OpaquePointer(multi)
        startThread()
    }

    private static let globalInit: CURLcode = {
        let code = curl_global_init(Int(CURL_GLOBAL_DEFAULT))
        // Later than the TLS library's own handler, so that it runs earlier.
        atexit { CurlLoop.stopAll() }
        return code
    }()

    private static let running = Mutex<[ObjectIdentifier: CurlLoop]>([:])

    /// At the end of the process: a loop that is inside the TLS library while that is taken down would crash. A loop that
    /// waits for a slow resolver is not waited for longer than two seconds.
    private static func stopAll() {
        for loop in running.withLock({ Array($0.values) }) { loop.stop() }
        for _ in 0..<2_000 where running.withLock({ !$0.isEmpty }) { usleep(1_000) }
    }

    func add(_ transfer: Transfer) { send(.add(transfer)) }
    func resume(_ transfer: Transfer) { send(.resume(transfer)) }
    func cancel(_ transfer: Transfer) { send(.cancel(transfer)) }
    func stop() { send(.stop) }

    private func send(_ command: Command) {
        queue.withLock { queue in
            guard !queue.isStopped else { return }
            queue.commands.append(command)
            // Under the lock, so that the handle is not freed meanwhile.
            curl_multi_wakeup(UnsafeMutableRawPointer(multi))
        }
    }

    private func startThread() {
        Self.running.withLock { $0[ObjectIdentifier(self)] = self }
        var thread = pthread_t()
        let box = Unmanaged.passRetained(self)
        let code = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let loop = Unmanaged<CurlLoop>.fromOpaque(argument).takeRetainedValue()
                loop.run()
                CurlLoop.running.withLock { $0[ObjectIdentifier(loop)] = nil }
                return nil
            }, box.toOpaque())
        precondition(code == 0, "no thread for libcurl: error \(code)")
        pthread_detach(thread)
    }

    private func run() {
        let multi = UnsafeMutableRawPointer(self.multi)
        var transfers: [UnsafeMutableRawPointer: Transfer] = [:]
        var running: CInt = 0
        while true {
            for command in queue.withLock({ queue in
                defer { queue.commands = [] }
                return queue.commands
            }) {
                switch command {
                case .add(let transfer) where transfer.isCancelled:
                    transfer.cancelled()
                case .add(let transfer):
                    transfers[transfer.easy] = transfer
                    let code = curl_multi_add_handle(multi, transfer.easy)
                    if code != CURLM_OK {
                        transfers[transfer.easy] = nil
                        transfer.complete(CURLE_FAILED_INIT)
                    }
                case .resume(let transfer):
                    if transfers[transfer.easy] != nil { curl_easy_pause(transfer.easy, CURLPAUSE_CONT) }
                case .cancel(let transfer):
                    // Cancelled before it was added, it must not start when it is.
                    transfer.isCancelled = true
                    if transfers.removeValue(forKey: transfer.easy) != nil {
                        curl_multi_remove_handle(multi, transfer.easy)
                        transfer.cancelled()
                    }
                case .stop:
                    queue.withLock { $0.isStopped = true }
                    for transfer in transfers.values {
                        curl_multi_remove_handle(multi, transfer.easy)
                        transfer.cancelled()
                    }
                    curl_multi_cleanup(multi)
                    return
                }
            }
            curl_multi_perform(multi, &running)
            var left: CInt = 0
            while let message = curl_multi_info_read(multi, &left)?.pointee {
                guard message.msg == CURLMSG_DONE, let easy = message.easy_handle,
                    let transfer = transfers.removeValue(forKey: easy)
                else { continue }
                let code = message.data.result
                curl_multi_remove_handle(multi, easy)
                transfer.complete(code)
            }
            curl_multi_poll(multi, nil, 0, 1000, nil)
        }
    }
}
