import Foundation

extension TemplateFunctions {
    mutating func addRandom() {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
        let digits = Array("0123456789".utf8)
        add("randAlphaNum", takes: 1) { call in try call.random(from: letters + digits) }
        add("randAlpha", takes: 1) { call in try call.random(from: letters) }
        add("randNumeric", takes: 1) { call in try call.random(from: digits) }
        add("randAscii", takes: 1) { call in try call.random(from: Array(0x20...0x7e)) }
        add("randInt", takes: 2) { call in
            let (least, end) = (try call.int(0), try call.int(1))
            guard least < end else { throw call.failure("takes a smaller number before a greater one") }
            return .int(Int.random(in: least..<end))
        }
        add("randBytes", takes: 1) { call in
            let count = max(try call.int(0), 0)
            try call.work.spend(bytes: 20, times: count)
            return try call.made(
                ByteString(Data((0..<count).map { _ in UInt8.random(in: 0...255) }).base64EncodedString()))
        }
        add("shuffle", takes: 1) { call in
            try call.work.spend(try call.string(0).count * 3)
            return .string(ByteString(runes: try call.string(0).runes.shuffled()))
        }
        add("uuidv4", takes: 0) { _ in .text(UUID().uuidString.lowercased()) }
    }
}

extension TemplateCall {
    /// Nothing for a count below 1.
    fileprivate func random(from set: [UInt8]) throws -> GoValue {
        let count = max(try int(0), 0)
        try work.spend(bytes: 20, times: count)
        return .string(ByteString((0..<count).map { _ in set[Int.random(in: 0..<set.count)] }))
    }
}
