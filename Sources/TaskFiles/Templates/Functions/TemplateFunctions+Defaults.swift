/// What there is and isn't, and of which type.
extension TemplateFunctions {
    mutating func addDefaults() {
        add("default", takes: 1...) { call in
            call.count > 1 && call.arguments[1].isTrue ? call.arguments[1] : call.arguments[0]
        }
        add("empty", takes: 1) { call in .bool(!call.arguments[0].isTrue) }
        add("coalesce", takes: 0...) { call in call.arguments.first(where: \.isTrue) ?? .null }
        add("all", takes: 0...) { call in .bool(call.arguments.allSatisfy(\.isTrue)) }
        add("any", takes: 0...) { call in .bool(call.arguments.contains(where: \.isTrue)) }
        add("ternary", takes: 3) { call in call.arguments[try call.bool(2) ? 0 : 1] }
        add("typeOf", takes: 1) { call in .text(call.arguments[0].typeName) }
        add("typeIs", takes: 2) { call in .bool(try call.string(0).text == call.arguments[1].typeName) }
        add("typeIsLike", takes: 2) { call in
            let (wanted, name) = (try call.string(0).text, call.arguments[1].typeName)
            return .bool(wanted == name || "*" + wanted == name)
        }
        add("kindOf", takes: 1) { call in .text(call.arguments[0].kindName) }
        add("kindIs", takes: 2) { call in .bool(try call.string(0).text == call.arguments[1].kindName) }
        add("deepEqual", takes: 2) { call in .bool(try call.arguments[0].deepEquals(call.arguments[1], call.work)) }
        add("hello", takes: 0) { _ in .string("Hello!") }
    }
}
