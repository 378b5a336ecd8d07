import Foundation

/// The fields of a query or a form (`application/x-www-form-urlencoded`), in which a name may stand several times.
struct RegistryForm: Sendable {
    private let fields: [(name: String, value: String)]

    init(_ text: String) {
        fields = text.split(separator: "&").prefix(1000).map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
                $0.replacing("+", with: " ").removingPercentEncoding ?? String($0)
            }
            return (parts[0], parts.count > 1 ? parts[1] : "")
        }
    }

    /// The first of that name.
    subscript(_ name: String) -> String? { fields.first { $0.name == name }?.value }

    func all(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }
}
