/// Takes one code point off the front, or one byte that begins none, which counts as U+FFFD. `bytes` must not be empty.
func takeScalar(_ bytes: inout ArraySlice<UInt8>) -> Unicode.Scalar {
    let (value, count) = bytes.withUnsafeBufferPointer { decodeScalar($0, at: 0) }
    bytes = bytes.dropFirst(count)
    return Unicode.Scalar(value) ?? "\u{fffd}"
}

/// The code point at an offset, and its length; for a byte that begins none U+FFFD and 1.
@inline(__always)
func decodeScalar(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int) -> (value: UInt32, length: Int) {
    let first = bytes[offset]
    if first < 0x80 { return (UInt32(first), 1) }
    let length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
    guard first >= 0xc2, first <= 0xf4, offset + length <= bytes.count else { return (0xfffd, 1) }
    var value = UInt32(first) & (0x7f >> UInt32(length))
    for index in (offset + 1)..<(offset + length) {
        guard bytes[index] & 0xc0 == 0x80 else { return (0xfffd, 1) }
        value = value << 6 | UInt32(bytes[index] & 0x3f)
    }
    switch length {
    case 3 where value < 0x800 || (0xd800...0xdfff).contains(value): return (0xfffd, 1)
    case 4 where !(0x10000...0x10ffff).contains(value): return (0xfffd, 1)
    default: return (value, length)
    }
}
