/// Why no run can be made of a commit that is to run, until somebody changes the task or the settings.
struct RunRefusal: Error, CustomStringConvertible {
    let description: String

    init(_ reason: String) {
        description = reason
    }
}
