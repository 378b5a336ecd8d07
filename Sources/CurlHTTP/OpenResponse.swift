/// An answer whose body is still under way. The exchange ends with the body, or is broken off when this is let go.
public final class OpenResponse: Sendable {
    public let response: HTTPResponse
    private let close: @Sendable () -> Void

    init(_ response: HTTPResponse, close: @escaping @Sendable () -> Void) {
        self.response = response
        self.close = close
    }

    deinit {
        close()
    }
}
