extension TemplateFunctions {
    mutating func addLists() {
        add("list", "tuple", takes: 0...) { call in try call.made(call.arguments) }
        add("append", "push", "mustAppend", "mustPush", takes: 2) { call in
            try call.made(try call.list(0) + [call.arguments[1]])
        }
        add("prepend", "mustPrepend", takes: 2) { call in try call.made([call.arguments[1]] + (try call.list(0))) }
        add("first", "mustFirst", takes: 1) { call in try call.list(0).first ?? .null }
        add("last", "mustLast", takes: 1) { call in try call.list(0).last ?? .null }
        add("rest", "mustRest", takes: 1) { call in
            let items = try call.list(0)
            return try call.made(Array(items.dropFirst()), items.isEmpty ? .noAny : .any)
        }
        add("initial", "mustInitial", takes: 1) { call in
            let items = try call.list(0)
            return try call.made(Array(items.dropLast()), items.isEmpty ? .noAny : .any)
        }
        add("reverse", "mustReverse", takes: 1) { call in try call.made(try call.list(0).reversed()) }
        add("sortAlpha", takes: 1) { call in
            let texts = try call.texts(0)
            try call.work.spend(texts.count * 16)
            return try call.made(texts.sorted().map { .string($0) }, .strings)
        }
        add("compact", "mustCompact", takes: 1) { call in try call.made(try call.list(0).filter(\.isTrue)) }
        add("uniq", "mustUniq", takes: 1) { call in
            var result: [GoValue] = []
            for item in try call.list(0) where try !call.contains(result, item) { result.append(item) }
            return try call.made(result)
        }
        add("without", "mustWithout", takes: 1...) { call in
            let others = Array(call.arguments.dropFirst())
            return try call.made(try call.list(0).filter { try !call.contains(others, $0) })
        }
        add("has", "mustHas", takes: 2) { call in
            if call.arguments[1].isNull { return .bool(false) }
            return .bool(try call.contains(try call.list(1), call.arguments[0]))
        }
        add("slice", "mustSlice", takes: 1...4) { call in try call.sliced() }
        add("concat", takes: 0...) { call in
            let items = try call.arguments.indices.flatMap { try call.list($0) }
            return try call.made(items, items.isEmpty ? .noAny : .any)
        }
        add("chunk", "mustChunk", takes: 2) { call in
            let (size, items) = (try call.int(0), try call.list(1))
            guard size > 0 else { throw call.failure("takes a size of at least 1") }
            guard !items.isEmpty else { return .list([], .lists) }
            let step = min(size, items.count)
            let chunks = stride(from: 0, to: items.count, by: step).map { items[$0..<min($0 + step, items.count)] }
            return try call.made(chunks.map { .list(Array($0)) }, .lists)
        }
        add("until", takes: 1) { call in
            let count = try call.int(0)
            return try call.numbers(from: 0, to: count, by: count < 0 ? -1 : 1)
        }
        add("untilStep", takes: 3) { call in
            try call.numbers(from: try call.int(0), to: try call.int(1), by: try call.int(2))
        }
        add("seq", takes: 0...) { call in try call.sequence() }
    }
}

extension TemplateCall {
    fileprivate func contains(_ items: [GoValue], _ sought: GoValue) throws -> Bool {
        for item in items where try item.deepEquals(sought, work) { return true }
        return false
    }

    /// Go's for texts, Sprig's for lists.
    fileprivate func sliced() throws -> GoValue {
        let size: Int
        switch arguments[0] {
        case .string(let text): size = text.count
        case .list(let items, _, _): size = items.count
        case let value: throw failure("can't cut a \(value.typeName)")
        }
        guard count < 4 else { throw failure("with a capacity is not to be had here") }
        if case .list(let items, _, _) = arguments[0], items.isEmpty { return .null }
        func place(_ index: Int) throws -> Int {
            if case .list = arguments[0] { return GoNumber.int(from: arguments[index]) }
            return try int(index)
        }
        let start = count > 1 ? try place(1) : 0
        let end = count > 2 ? try place(2) : size
        guard 0 <= start, start <= end, end <= size else {
            throw failure("has the places \(start) to \(end) of \(size)")
        }
        switch arguments[0] {
        case .list(let items, let type, _): return try made(Array(items[start..<end]), type)
        case .string(let text): return .string(ByteString(text.bytes[start..<end]))
        default: return .null
        }
    }

    private func range(from start: Int, to end: Int, by step: Int) throws -> [Int] {
        guard step != 0, (step > 0) == (end > start) else { return [] }
        // Far apart, they are more than can be counted.
        let distance = Double(end) - Double(start)
        guard abs(distance / Double(step)) < Double(TemplateWork.maxSteps) else {
            throw TemplateFailure(.tooMuchWork, "")
        }
        try work.spend(Int(abs(distance / Double(step))) * 2)
        return Array(stride(from: start, to: end, by: step))
    }

    fileprivate func numbers(from start: Int, to end: Int, by step: Int) throws -> GoValue {
        .list(try range(from: start, to: end, by: step).map { .int($0) }, .ints)
    }

    /// As the tool seq has it: end, begin and end, or begin, step and end.
    fileprivate func sequence() throws -> GoValue {
        guard (1...3).contains(count) else { return .string("") }
        let start = count == 1 ? 1 : try int(0)
        let end = try int(count - 1)
        let direction = end < start ? -1 : 1
        let step = count == 3 ? try int(1) : direction
        if end < start, step > 0 { return .string("") }
        let numbers = try range(from: start, to: end &+ direction, by: step)
        return try made(numbers.map { ByteString(String($0)) }.joined(by: " "))
    }
}
