/// Go's own.
extension TemplateFunctions {
    mutating func addGo() {
        addLazy("and", .and)
        addLazy("or", .or)
        add("not", takes: 1) { call in .bool(!call.arguments[0].isTrue) }
        add("len", takes: 1) { call in
            switch call.arguments[0] {
            case .string(let text): return .int(text.count)
            case .list(let items, _, _): return .int(items.count)
            case .map(let map): return .int(map.entries.count)
            case let value: throw call.failure("can't measure a \(value.typeName)")
            }
        }
        add("index", takes: 1...) { call in try call.indexed() }
        add("print", takes: 0...) { call in try call.made(try call.printed()) }
        add("println", takes: 0...) { call in try call.made(try call.printed(asLine: true)) }
        add("printf", takes: 1...) { call in
            .string(try GoFormat.format(try call.string(0), Array(call.arguments.dropFirst()), call.work))
        }
        add("html", takes: 0...) { call in try call.made(try call.printed().escapedForHTML) }
        add("js", takes: 0...) { call in try call.made(try call.printed().escapedForScripts) }
        add("urlquery", takes: 0...) { call in try call.made(try call.printed().escapedForQueries) }
        add("eq", takes: 1...) { call in
            guard call.count > 1 else { throw call.failure("takes something to compare with") }
            for index in 1..<call.count where try call.isEqual(0, index) { return .bool(true) }
            return .bool(false)
        }
        add("ne", takes: 2) { call in .bool(try !call.isEqual(0, 1)) }
        add("lt", takes: 2) { call in .bool(try call.isLess()) }
        add("le", takes: 2) { call in .bool(try call.isLess() || call.isEqual(0, 1)) }
        add("gt", takes: 2) { call in .bool(try !(call.isLess() || call.isEqual(0, 1))) }
        add("ge", takes: 2) { call in .bool(try !call.isLess()) }
    }
}

extension TemplateCall {
    fileprivate func indexed() throws -> GoValue {
        var value = arguments[0]
        guard !value.isNull else { throw failure("can't look into something that does not exist") }
        for index in 1..<max(count, 1) {
            switch value {
            case .map(let map): value = map[try string(index)]
            case .list(let items, _, _): value = items[try place(index, below: items.count)]
            case .string(let text): value = .int(Int(text.bytes[try place(index, below: text.count)]), .uint8)
            default: throw failure("can't look into a \(value.typeName)")
            }
        }
        return value
    }

    private func place(_ index: Int, below count: Int) throws -> Int {
        guard case .int(let place, _) = arguments[index] else {
            throw failure("takes whole numbers for places in lists and texts")
        }
        guard (0..<count).contains(place) else { throw failure("has the place \(place) of \(count)") }
        return place
    }

    /// `fmt.Sprint`: with a blank between two that are no texts; as a line, between all.
    fileprivate func printed(asLine: Bool = false) throws -> ByteString {
        var result = ByteString([])
        var wasText = true
        for (index, value) in arguments.enumerated() {
            let isText = if case .string = value { true } else { false }
            if index > 0, asLine || (!isText && !wasText) { result.append(" ") }
            result.append(try GoPrinter.printed(value, work))
            wasText = isText
            try work.spend(bytes: result.count, times: result.count > 1 << 16 ? 1 : 0)
        }
        if asLine { result.append("\n") }
        return result
    }

    private var incompatible: TemplateFailure { failure("can't compare these types with each other") }

    fileprivate func isEqual(_ left: Int, _ right: Int) throws -> Bool {
        switch (arguments[left], arguments[right]) {
        case (.bool(let one), .bool(let two)): return one == two
        case (.int(let one, let type), .int(let two, let other)):
            return type.isUnsigned == other.isUnsigned ? one == two : one == two && one >= 0
        case (.double(let one), .double(let two)): return one == two
        case (.string(let one), .string(let two)): return one == two
        case (.null, .null): return true
        case (.null, _), (_, .null): return false
        case (.time(let one), .time(let two)): return one == two
        case (.version(let one), .version(let two)): return one === two
        default: throw incompatible
        }
    }

    fileprivate func isLess() throws -> Bool {
        switch (arguments[0], arguments[1]) {
        case (.int(let one, let type), .int(let two, let other)):
            switch (type.isUnsigned, other.isUnsigned) {
            case (false, false): return one < two
            case (true, true): return UInt(bitPattern: one) < UInt(bitPattern: two)
            case (false, true): return one < 0 || UInt(one) < UInt(bitPattern: two)
            case (true, false): return two >= 0 && UInt(bitPattern: one) < UInt(two)
            }
        case (.double(let one), .double(let two)): return one < two
        case (.string(let one), .string(let two)): return one < two
        default: throw incompatible
        }
    }
}

extension ByteString {
    fileprivate var escapedForHTML: ByteString {
        replacingBytes { byte in
            switch byte {
            case 0: "\u{fffd}"
            case UInt8(ascii: "\""): "&#34;"
            case UInt8(ascii: "'"): "&#39;"
            case UInt8(ascii: "&"): "&amp;"
            case UInt8(ascii: "<"): "&lt;"
            case UInt8(ascii: ">"): "&gt;"
            default: nil
            }
        }
    }

    fileprivate var escapedForQueries: ByteString {
        replacingBytes { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "~"):
                nil
            case 0x20: "+"
            default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
    }

    fileprivate var escapedForScripts: ByteString {
        var result = ByteString([])
        for rune in runes {
            switch Unicode.Scalar(rune) {
            case "\\", "'", "\"": result.bytes += [0x5c, UInt8(truncatingIfNeeded: rune)]
            case "<", ">", "&", "=": result.append("\\u00" + String(rune, radix: 16, uppercase: true))
            default:
                if rune < 0x80 ? rune >= 0x20 : Runes.isPrintable(rune) {
                    result.append(rune: rune)
                } else {
                    let digits = String(rune, radix: 16, uppercase: true)
                    result.append("\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits)
                }
            }
        }
        return result
    }

    private func replacingBytes(_ replacement: (UInt8) -> String?) -> ByteString {
        var result = ByteString([])
        result.bytes.reserveCapacity(count)
        for byte in bytes {
            if let text = replacement(byte) { result.append(text) } else { result.bytes.append(byte) }
        }
        return result
    }
}
