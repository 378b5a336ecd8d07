import ArgumentParser
import Foundation

/// What becomes of the times of a context's files.
struct TimeOptions: ParsableArguments {
    enum Times: String, ExpressibleByArgument, CaseIterable {
        case clamp, keep
    }

    @Option(
        help: ArgumentHelp(
            "clamp: files that are younger than SOURCE_DATE_EPOCH get that time. keep: all keep theirs. "
                + "Default: clamp if SOURCE_DATE_EPOCH is set.",
            valueName: "clamp|keep"))
    var mtime: Times?

    /// The time, in seconds since 1970, that no entry exceeds; nil for none.
    func latest(environment: [String: String] = ProcessInfo.processInfo.environment) throws -> Int64? {
        guard mtime != .keep else { return nil }
        guard let text = environment["SOURCE_DATE_EPOCH"], !text.isEmpty else {
            guard mtime == nil else { throw CommandError.noSourceDate }
            return nil
        }
        guard let seconds = Int64(text), seconds >= 0 else { throw CommandError.invalidSourceDate(text) }
        return seconds
    }
}
