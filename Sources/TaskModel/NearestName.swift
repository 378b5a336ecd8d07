/// The name most like a mistyped one: at most a third of its letters apart, and two for short names.
public func nearestName(to name: String, in names: some Collection<String>) -> String? {
    let wanted = Array(name.prefix(100).lowercased().unicodeScalars)
    let ranked = names.map { (name: $0, distance: editDistance(wanted, Array($0.lowercased().unicodeScalars))) }
    guard let best = ranked.min(by: { ($0.distance, $0.name) < ($1.distance, $1.name) }) else { return nil }
    return best.distance <= max(2, wanted.count / 3) && best.distance < wanted.count ? best.name : nil
}

/// How many letters must be put in, taken out or changed to make one text of the other.
private func editDistance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
    var row = Array(0...right.count)
    for (i, letter) in left.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, other) in right.enumerated() {
            let changed = diagonal + (letter == other ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(changed, row[j] + 1, diagonal + 1)
        }
    }
    return row[right.count]
}
