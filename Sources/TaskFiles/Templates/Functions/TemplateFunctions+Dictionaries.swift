/// Maps. Where Go has no order of keys, theirs is used.
extension TemplateFunctions {
    mutating func addDictionaries() {
        add("dict", takes: 0...) { call in
            let map = GoMap([:], call.work)
            for index in stride(from: 0, to: call.count, by: 2) {
                map.entries[try call.text(index)] = index + 1 < call.count ? call.arguments[index + 1] : .string("")
            }
            return .map(map)
        }
        add("get", takes: 2) { call in try call.map(0).entries[try call.string(1)] ?? .string("") }
        add("set", takes: 3) { call in
            try call.map(0).entries[try call.string(1)] = call.arguments[2]
            return call.arguments[0]
        }
        add("unset", takes: 2) { call in
            try call.map(0).entries[try call.string(1)] = nil
            return call.arguments[0]
        }
        add("hasKey", takes: 2) { call in .bool(try call.map(0).entries[try call.string(1)] != nil) }
        add("pluck", takes: 1...) { call in
            let key = try call.string(0)
            return try call.made(try call.arguments.indices.dropFirst().compactMap { try call.map($0).entries[key] })
        }
        add("keys", takes: 0...) { call in
            let keys = try call.arguments.indices.flatMap { try call.map($0).sorted.map(\.key) }
            return try call.made(keys.map { .string($0) }, .strings)
        }
        add("values", takes: 1) { call in try call.made(try call.map(0).sorted.map(\.value)) }
        add("pick", takes: 1...) { call in
            let (map, result) = (try call.map(0), GoMap([:], call.work))
            for index in 1..<call.count {
                let key = try call.string(index)
                if let value = map.entries[key] { result.entries[key] = value }
            }
            return .map(result)
        }
        add("omit", takes: 1...) { call in
            let result = GoMap(try call.map(0).entries, call.work)
            for index in 1..<call.count { result.entries[try call.string(index)] = nil }
            return .map(result)
        }
        add("merge", "mustMerge", takes: 1...) { call in try call.merged(overwrites: false) }
        add("mergeOverwrite", "mustMergeOverwrite", takes: 1...) { call in try call.merged(overwrites: true) }
        add("dig", takes: 3...) { call in
            var map = try call.map(call.count - 1)
            for index in 0..<(call.count - 2) {
                guard let value = map.entries[try call.string(index)] else { return call.arguments[call.count - 2] }
                if index == call.count - 3 { return value }
                guard case .map(let next) = value else { throw call.failure("finds a \(value.typeName) on its way") }
                map = next
            }
            return .null
        }
        add("deepCopy", "mustDeepCopy", takes: 1) { call in try call.copied(call.arguments[0]) }
    }
}

extension TemplateCall {
    /// The first map with what the others have: what is empty in it, or everything.
    fileprivate func merged(overwrites: Bool) throws -> GoValue {
        let target = try map(0)
        for index in 1..<max(count, 1) { try merge(try map(index), into: target, overwrites) }
        return .map(target)
    }

    private func merge(_ source: GoMap, into target: GoMap, _ overwrites: Bool, depth: Int = 0) throws {
        guard depth < GoPrinter.maxDepth else { throw failure("has maps of more than \(GoPrinter.maxDepth) levels") }
        if source === target { return }
        for (key, value) in source.entries {
            try work.spend(2)
            let present = target.entries[key]
            if value.isNull {
                if overwrites { target.entries[key] = value }
                continue
            }
            if case .map(let inner) = value, let present, present.isTrue {
                if case .map(let own) = present { try merge(inner, into: own, overwrites, depth: depth + 1) }
                continue
            }
            if overwrites || !(present?.isTrue ?? false) { target.entries[key] = value }
        }
    }

    fileprivate func copied(_ value: GoValue, depth: Int = 0) throws -> GoValue {
        guard depth < GoPrinter.maxDepth else { throw failure("has a value of more than \(GoPrinter.maxDepth) levels") }
        try work.spend(2)
        switch value {
        case .list(let items, let type, _): return .list(try items.map { try copied($0, depth: depth + 1) }, type)
        case .map(let map):
            return .map(
                GoMap(
                    try map.entries.mapValues { try copied($0, depth: depth + 1) }, ofStrings: map.isOfStrings, work))
        default: return value
        }
    }
}
