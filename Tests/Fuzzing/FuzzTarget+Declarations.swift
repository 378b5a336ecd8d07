import TaskFiles

/// Reads declarations of tasks.
func declarationProblem(_ input: [UInt8]) -> String? {
    let text = String(decoding: input, as: UTF8.self)
    do throws(TaskDeclarationError) {
        let tasks = try TaskDeclaration.all(in: text)
        for task in tasks where task.name.isEmpty || task.name.contains("/") { return "a task has an impossible name" }
        return tasks.isEmpty ? "there is neither a task nor an error" : nil
    } catch {
        guard let place = error.place else { return nil }
        // What YAML 1.1 takes for line breaks (section 5.4).
        let lines = text.unicodeScalars.count { "\n\r\u{85}\u{2028}\u{2029}".unicodeScalars.contains($0) } + 1
        return (1...(lines + 1)).contains(place.line) && place.column > 0 ? nil : "\(error) is outside of the file"
    }
}
