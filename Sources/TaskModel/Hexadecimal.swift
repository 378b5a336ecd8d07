extension Sequence<UInt8> {
    /// Two lower-case digits for each byte, as digests and ids are written.
    public var hexadecimal: String {
        let digits = Array("0123456789abcdef".unicodeScalars)
        var text = String.UnicodeScalarView()
        for byte in self {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(text)
    }
}
