import Hummingbird
import NIOCore
import Scheduling

extension RunLog {
    /// The log from an offset to its end, as it is now.
    ///
    /// - Parameter largestPart: the most bytes held at a time.
    func body(from start: Int64 = 0, largestPart: Int) -> ResponseBody {
        ResponseBody(contentLength: Int(max(0, length - start))) { writer in
            var offset = start
            while offset < length {
                let bytes = try read(from: offset, count: min(largestPart, Int(length - offset)))
                // The length was promised: all that can be done is to break off.
                guard !bytes.isEmpty else { throw ServerError.logRemoved }
                try await writer.write(ByteBuffer(bytes: bytes))
                offset += Int64(bytes.count)
            }
            try await writer.finish(nil)
        }
    }
}

extension ServerError {
    static let logRemoved = notFound("The log was removed while it was read.")
}
