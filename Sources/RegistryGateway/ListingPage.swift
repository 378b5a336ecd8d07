/// Which part of a listing is asked for: `n`, `last`, `orderby`.
public struct ListingPage: Sendable, Hashable {
    public enum Order: String, Sendable {
        /// By name.
        case none
        case oldestFirst = "timeasc"
        case newestFirst = "timedesc"
    }

    /// The most entries.
    public let count: Int
    /// The last entry of the page before.
    public let last: String?
    public let order: Order

    static let mostEntries = 1000

    public init(count: Int = 100, last: String? = nil, order: Order = .none) {
        self.count = count
        self.last = last
        self.order = order
    }

    /// Reads the parameters of a query.
    ///
    /// - Throws: ``RegistryFailure`` for a number or an order that is none.
    public init(_ parameter: (String) -> String?) throws(RegistryFailure) {
        let order = parameter("orderby").map { $0.lowercased().filter { $0 != "_" } } ?? "none"
        guard let known = Order(rawValue: order.isEmpty ? "none" : order) else {
            throw RegistryFailure(400, "UNSUPPORTED", "orderby can be timeasc, timedesc or none.")
        }
        let count = parameter("n")
        guard let number = count.map({ Int($0) }) ?? 100, number > 0 else {
            throw RegistryFailure(400, "PAGINATION_NUMBER_INVALID", "n must be a whole number above 0.")
        }
        let last = parameter("last").flatMap { $0.isEmpty ? nil : $0 }
        self.init(count: min(number, Self.mostEntries), last: last, order: known)
    }

    /// The entries of this page out of all of them, which are in order already.
    func cut<Entry>(_ all: [Entry], name: (Entry) -> String) -> Paged<Entry> {
        var rest = all[...]
        if let last {
            if let index = all.firstIndex(where: { name($0) == last }) {
                rest = all[(index + 1)...]
            } else if order == .none {
                // It was removed meanwhile.
                rest = rest.drop { name($0) <= last }
            }
        }
        let entries = Array(rest.prefix(count))
        return Paged(entries: entries, last: rest.count > count ? entries.last.map(name) : nil)
    }
}

/// A page, and the name that the next one begins after.
public struct Paged<Entry> {
    public let entries: [Entry]
    /// Nil if this is the end.
    public let last: String?
}

extension Paged: Sendable where Entry: Sendable {}
