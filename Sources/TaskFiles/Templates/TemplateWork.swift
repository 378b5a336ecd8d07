/// Counts what a template makes the process do, and stops it when that is too much.
///
/// A step is about what evaluating a name costs; functions count the bytes and items that they go through.
final class TemplateWork {
    /// Less than a second's, in a build without optimization.
    static let maxSteps = 1_500_000

    private var left = maxSteps
    /// Those used so far, by their pattern.
    private var regexes: [ByteString: LinearRegex] = [:]

    func regex(_ pattern: ByteString) throws -> LinearRegex {
        if let regex = regexes[pattern] { return regex }
        let regex = try LinearRegex(pattern, self)
        regexes[pattern] = regex
        return regex
    }

    // MARK: Maps

    /// All that were made. A map that holds itself would never be freed, and one in another in another would overflow
    /// the stack when it is.
    private var maps: [GoMap] = []

    func keep(_ map: GoMap) { maps.append(map) }

    deinit {
        for map in maps { map.entries = [:] }
    }

    // MARK: Steps

    func spend(_ steps: Int) throws {
        left = steps > left ? -1 : left - max(steps, 0)
        guard left >= 0 else { throw TemplateFailure(.tooMuchWork, "") }
    }

    /// For text that is made, before it is: `count` pieces of so many bytes.
    func spend(bytes: Int, times count: Int = 1) throws {
        let (total, overflow) = max(bytes, 0).multipliedReportingOverflow(by: max(count, 0))
        guard !overflow, total <= Template.maxBytes else { throw TemplateFailure(.tooLarge, "") }
        try spend(total / 16 + 1)
    }
}
