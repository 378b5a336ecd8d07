import Foundation

/// Time since the host was started: the same for all processes, and nobody sets it.
enum BootTime {
    /// In milliseconds.
    static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
