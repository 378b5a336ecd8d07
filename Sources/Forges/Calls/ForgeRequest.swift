import CurlHTTP

/// What a forge is asked: a path below its API, perhaps with a body.
struct ForgeRequest {
    var method: String
    /// With a slash at its start, escaped, its query included.
    var path: String
    var body: JSON?

    init(_ method: String, _ path: String, _ body: JSON? = nil) {
        self.method = method
        self.path = path
        self.body = body
    }
}

/// What a forge answered, with a status below 300.
struct ForgeAnswer {
    let headers: [HTTPHeader]
    let bytes: [UInt8]

    func decode<Value: Decodable>(
        _ type: Value.Type, named names: PayloadNames = .snakeCase
    ) throws(ForgeError) -> Value {
        try Webhook(headers: [:], body: bytes).decode(type, named: names)
    }
}
