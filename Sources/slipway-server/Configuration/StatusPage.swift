import CurlHTTP
import TaskModel

/// A page outside of the server at which people see a run: a URL with `{registry}` and `{run}` where these stand.
struct StatusPage: Sendable, Hashable {
    private let template: String

    /// - Returns: nil for what is no https URL with a run.
    init?(_ template: String) {
        let isSafe = template.unicodeScalars.allSatisfy { (0x21...0x7e).contains($0.value) && $0 != "@" }
        guard isSafe, HTTPOrigin(url: template)?.scheme == "https", template.contains("{run}") else { return nil }
        self.template = template
    }

    func url(of run: RunID, in registry: String) -> String {
        template.replacing("{registry}", with: registry).replacing("{run}", with: run.text)
    }
}
