/// A pattern for whole names of branches, tags and paths.
///
/// `*` stands for anything but `/`, `**` for anything, a `**/` at the beginning of a part for any number of folders, `?` for one character
/// but `/`, `[a-z]` and `[!a-z]` for one of these or of the others; after `\` a character is itself. The time is that of both lengths
/// multiplied, whatever the pattern.
struct NameGlob: Sendable, Hashable {
    private enum Token: Hashable {
        case one(Unicode.Scalar)
        case any
        case set([ClosedRange<Unicode.Scalar>], isNegated: Bool)
        case star
        case doubleStar
        /// The beginning of any number of folders; what follows them comes after the next token.
        case folders
        /// In the middle of their names.
        case foldersGoingOn

        /// How many tokens further the name may be without another character of it.
        var skip: Int? {
            switch self {
            case .star, .doubleStar: 1
            case .folders: 2
            case .one, .any, .set, .foldersGoingOn: nil
            }
        }
    }

    private let tokens: [Token]

    init(_ text: some StringProtocol) {
        var tokens: [Token] = []
        let scalars = Array(text.unicodeScalars)
        var index = 0
        while index < scalars.count {
            let scalar = scalars[index]
            index += 1
            switch scalar {
            case "*":
                guard index < scalars.count, scalars[index] == "*" else {
                    tokens.append(.star)
                    continue
                }
                while index < scalars.count, scalars[index] == "*" { index += 1 }
                let isPart = tokens.isEmpty || tokens.last == .one("/") || tokens.last == .foldersGoingOn
                if isPart, index < scalars.count, scalars[index] == "/" {
                    index += 1
                    tokens += [.folders, .foldersGoingOn]
                } else {
                    tokens.append(.doubleStar)
                }
            case "?": tokens.append(.any)
            case "[":
                if let (set, end) = Self.set(scalars, from: index) {
                    tokens.append(set)
                    index = end
                } else {
                    tokens.append(.one("["))
                }
            case "\\" where index < scalars.count:
                tokens.append(.one(scalars[index]))
                index += 1
            default: tokens.append(.one(scalar))
            }
        }
        self.tokens = tokens
    }

    /// Nil if no bracket ends it.
    private static func set(_ scalars: [Unicode.Scalar], from start: Int) -> (Token, end: Int)? {
        var index = start
        var ranges: [ClosedRange<Unicode.Scalar>] = []
        let isNegated = index < scalars.count && (scalars[index] == "!" || scalars[index] == "^")
        if isNegated { index += 1 }
        let first = index
        while index < scalars.count {
            if scalars[index] == "]", index > first { return (.set(ranges, isNegated: isNegated), index + 1) }
            let low = scalars[index]
            if index + 2 < scalars.count, scalars[index + 1] == "-", scalars[index + 2] != "]" {
                let high = scalars[index + 2]
                if low <= high { ranges.append(low...high) }
                index += 3
            } else {
                ranges.append(low...low)
                index += 1
            }
        }
        return nil
    }

    func matches(_ name: some StringProtocol) -> Bool {
        // All places in the pattern to which the name read so far may have led.
        var places = [Bool](repeating: false, count: tokens.count + 1)
        places[0] = true
        skip(&places)
        for scalar in name.unicodeScalars {
            var next = [Bool](repeating: false, count: tokens.count + 1)
            for (index, token) in tokens.enumerated() where places[index] {
                for step in Self.steps(token, scalar) { next[index + step] = true }
            }
            skip(&next)
            places = next
            guard places.contains(true) else { return false }
        }
        return places[tokens.count]
    }

    /// How many tokens further a character may lead.
    private static func steps(_ token: Token, _ scalar: Unicode.Scalar) -> [Int] {
        switch token {
        case .one(let expected): scalar == expected ? [1] : []
        case .any: scalar == "/" ? [] : [1]
        case .set(let ranges, let isNegated):
            scalar != "/" && ranges.contains { $0.contains(scalar) } != isNegated ? [1] : []
        case .star: scalar == "/" ? [] : [0]
        case .doubleStar: [0]
        case .folders: scalar == "/" ? [1, 2] : [1]
        case .foldersGoingOn: scalar == "/" ? [0, 1] : [0]
        }
    }

    private func skip(_ places: inout [Bool]) {
        for (index, token) in tokens.enumerated() where places[index] {
            if let skip = token.skip { places[index + skip] = true }
        }
    }
}
