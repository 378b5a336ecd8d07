public import Foundation
import TaskModel

/// A line of ours in the log of a run.
public enum LogLine {
    /// The text with the time in front, its control characters as escapes, without a line end.
    public static func text(_ text: String, at time: Date) -> String {
        timestamp(time) + " " + text.escapedForDisplay
    }

    /// `yyyy/MM/dd HH:mm:ss`, UTC.
    public static func timestamp(_ date: Date) -> String {
        var seconds = time_t(date.timeIntervalSince1970)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func two(_ number: CInt) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(Int(parts.tm_year) + 1900)/\(two(parts.tm_mon + 1))/\(two(parts.tm_mday)) "
            + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
    }
}

/// When a log gets a line that says only that its run goes on.
///
/// Clients stop following a log that stays silent: the Azure CLI does so after its `--timeout`, and says that all is well.
public enum KeepAlive {
    public static let first: Duration = .seconds(60)
    public static let every: Duration = .seconds(240)
}
