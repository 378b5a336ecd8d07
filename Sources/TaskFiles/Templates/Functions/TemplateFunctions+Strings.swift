extension TemplateFunctions {
    mutating func addStrings() {
        add("trim", takes: 1) { call in .string(try call.string(0).trimmed(Runes.isSpace)) }
        add("trimAll", "trimall", takes: 2) { call in
            let set = Set(try call.string(0).runes)
            return .string(try call.string(1).trimmed { set.contains($0) })
        }
        add("trimSuffix", takes: 2) { call in
            let (suffix, text) = (try call.string(0), try call.string(1))
            return .string(text.hasSuffix(suffix) ? ByteString(text.bytes.dropLast(suffix.count)) : text)
        }
        add("trimPrefix", takes: 2) { call in
            let (prefix, text) = (try call.string(0), try call.string(1))
            return .string(text.hasPrefix(prefix) ? ByteString(text.bytes.dropFirst(prefix.count)) : text)
        }
        add("nospace", takes: 1) { call in
            .string(ByteString(runes: try call.string(0).runes.filter { !Runes.isSpace($0) }))
        }
        add("trunc", takes: 2) { call in
            let (count, text) = (try call.int(0), try call.string(1))
            if count >= 0 { return .string(ByteString(text.bytes.prefix(count))) }
            return .string(count > -text.count ? ByteString(text.bytes.suffix(-count)) : text)
        }
        add("substr", takes: 3) { call in try call.substring() }
        add("abbrev", takes: 2) { call in
            let (width, text) = (try call.int(0), try call.string(1))
            return .string(width < 4 ? text : text.abbreviated(from: 0, to: width))
        }
        add("abbrevboth", takes: 3) { call in
            let (left, right, text) = (try call.int(0), try call.int(1), try call.string(2))
            return .string(right < 4 || (left > 0 && right < 7) ? text : text.abbreviated(from: left, to: right))
        }
        add("repeat", takes: 2) { call in
            let (count, text) = (try call.int(0), try call.string(1))
            guard count >= 0 else { throw call.failure("has a negative count") }
            try call.work.spend(bytes: text.count, times: count)
            return .string(ByteString(repeating: text, count: count))
        }
        add("replace", takes: 3) { call in
            let (old, new, text) = (try call.string(0), try call.string(1), try call.string(2))
            let found = occurrences(of: old, in: text)
            try call.work.spend(found * 3)
            try call.work.spend(bytes: new.count, times: found)
            return try call.made(text.replacing(old, with: new))
        }
        add("contains", takes: 2) { call in .bool(try call.string(1).contains(try call.string(0))) }
        add("hasPrefix", takes: 2) { call in .bool(try call.string(1).hasPrefix(try call.string(0))) }
        add("hasSuffix", takes: 2) { call in .bool(try call.string(1).hasSuffix(try call.string(0))) }
        add("quote", takes: 0...) { call in
            try call.made(try call.quoted { text in GoQuote.quoted(text) })
        }
        add("squote", takes: 0...) { call in try call.made(try call.quoted { text in "'" + text + "'" }) }
        add("cat", takes: 0...) { call in
            let parts = try call.arguments.filter { !$0.isNull }.map { try GoPrinter.printed($0, call.work) }
            return try call.made(parts.joined(by: " "))
        }
        add("indent", takes: 2) { call in .string(try call.indented()) }
        add("nindent", takes: 2) { call in .string("\n" + (try call.indented())) }
        add("plural", takes: 3) { call in .string(try call.int(2) == 1 ? try call.string(0) : try call.string(1)) }
        add("wrap", takes: 2) { call in
            try call.made(try call.string(1).wrapped(at: try call.int(0), by: "\n", cutsWords: false, call.work))
        }
        add("wrapWith", takes: 3) { call in
            let separator = try call.string(1)
            return try call.made(
                try call.string(2).wrapped(
                    at: try call.int(0), by: separator.isEmpty ? "\n" : separator, cutsWords: true, call.work))
        }
        add("split", takes: 2) { call in .map(try call.split(try call.string(1))) }
        add("splitn", takes: 3) { call in .map(try call.split(try call.string(2), limit: try call.int(1))) }
        add("splitList", takes: 2) { call in
            try call.spendOnParts(of: 1)
            let parts = try call.string(1).split(try call.string(0))
            return try call.made(parts.map { .string($0) }, .strings)
        }
        add("join", takes: 2) { call in
            let (separator, parts) = (try call.string(0), try call.texts(1))
            try call.work.spend(bytes: separator.count, times: parts.count)
            return try call.made(parts.joined(by: separator))
        }
        add("toString", takes: 1) { call in .string(try call.text(0)) }
        add("toStrings", takes: 1) { call in try call.made(try call.texts(0).map { .string($0) }, .strings) }
        add("fail", takes: 1) { call in
            throw TemplateFailure(.evaluation, "it says \"\(try call.string(0).text.prefix(500))\" with 'fail'")
        }
    }
}

private func occurrences(of part: ByteString, in text: ByteString) -> Int {
    guard !part.isEmpty else { return text.count + 1 }
    var (count, place) = (0, 0)
    while let found = text.firstIndex(of: part, from: place) {
        count += 1
        place = found + part.count
    }
    return count
}

extension TemplateCall {
    fileprivate func substring() throws -> GoValue {
        let (start, end, text) = (try int(0), try int(1), try string(2))
        if start < 0 {
            guard (0...text.count).contains(end) else { throw failure("has the end \(end) of \(text.count)") }
            return .string(ByteString(text.bytes[..<end]))
        }
        let upper = end < 0 || end > text.count ? text.count : end
        guard start <= upper else { throw failure("has the begin \(start) after the end \(upper)") }
        return .string(ByteString(text.bytes[start..<upper]))
    }

    /// What exists of the arguments, each between quotes.
    fileprivate func quoted(_ quote: (ByteString) -> ByteString) throws -> ByteString {
        try arguments.filter { !$0.isNull }.map { quote(try GoPrinter.printed($0, work)) }.joined(by: " ")
    }

    fileprivate func indented() throws -> ByteString {
        let (spaces, text) = (try int(0), try string(1))
        guard spaces >= 0 else { throw failure("has a negative number of blanks") }
        let lines = text.bytes.count { $0 == 0x0a } + 1
        try work.spend(bytes: spaces, times: lines)
        try work.spend(bytes: text.count)
        let padding = ByteString(repeating: " ", count: spaces)
        return padding + text.replacing("\n", with: "\n" + padding)
    }

    /// For the parts of an argument between occurrences of the first.
    fileprivate func spendOnParts(of index: Int) throws {
        try work.spend(4 * occurrences(of: try string(0), in: try string(index)))
    }

    /// Parts by `_0`, `_1`, …
    fileprivate func split(_ text: ByteString, limit: Int = -1) throws -> GoMap {
        try spendOnParts(of: count - 1)
        let parts = text.split(try string(0), limit: limit)
        let entries = parts.enumerated().map { (ByteString("_\($0.offset)"), GoValue.string($0.element)) }
        return GoMap(Dictionary(entries) { _, last in last }, ofStrings: true, work)
    }
}

extension ByteString {
    /// With `...` for what has no room.
    fileprivate func abbreviated(from left: Int, to width: Int) -> ByteString {
        guard count > width else { return self }
        let kept = width - 3
        var offset = min(max(left, 0), count)
        if count - offset < kept { offset = count - kept }
        if offset <= 4 { return ByteString(bytes.prefix(kept)) + "..." }
        guard width >= 7 else { return "" }
        if offset + kept < count {
            return "..." + ByteString(bytes[offset...]).abbreviated(from: 0, to: kept)
        }
        return "..." + ByteString(bytes.suffix(kept))
    }

    fileprivate func wrapped(at width: Int, by separator: ByteString, cutsWords: Bool, _ work: TemplateWork) throws
        -> ByteString
    {
        let width = max(width, 1)
        var result = ByteString([])
        var offset = 0
        while count - offset > width {
            if bytes[offset] == 0x20 {
                offset += 1
                continue
            }
            try work.spend(min(width, count) / 8 + 8)
            let end = offset + width
            let next: Int
            if let space = bytes[offset...end].lastIndex(of: 0x20) {
                next = space
            } else if cutsWords {
                result.bytes += bytes[offset..<end]
                result.append(separator)
                offset = end
                continue
            } else {
                next = bytes[end...].firstIndex(of: 0x20) ?? count
            }
            result.bytes += bytes[offset..<next]
            if next == count { return result }
            result.append(separator)
            offset = next + 1
        }
        result.bytes += bytes[min(offset, count)...]
        try work.spend(bytes: result.count)
        return result
    }
}
