/// What `--cache-from` and `--cache-to` say, as docker's client spells it: the name of an image, or `type=…` with
/// fields between commas.
public enum CacheOption {
    /// The image that a cache is read from: its name, or `type=registry,ref=IMAGE`.
    public static func source(_ text: String) throws(CacheOptionError) -> String {
        guard text.contains("=") else { return try image(text, in: "--cache-from \(text)") }
        let fields = try fields(of: text, option: "--cache-from", known: ["type", "ref"])
        guard fields["type"] ?? "registry" == "registry" else {
            throw .unsupported(
                "--cache-from \(text)", instead: "images in registries are read: type=registry,ref=IMAGE")
        }
        return try image(fields["ref"] ?? "", in: "--cache-from \(text)")
    }

    /// Where a cache is written to: `inline`, `type=inline`, the name of an image, or
    /// `type=registry,ref=IMAGE[,mode=min|max]`.
    public static func target(_ text: String) throws(CacheOptionError) -> CacheTarget {
        guard text != "inline" else { return .inline }
        guard text.contains("=") else {
            return .registry(try image(text, in: "--cache-to \(text)"), isComplete: false)
        }
        let fields = try fields(of: text, option: "--cache-to", known: ["type", "ref", "mode"])
        switch fields["type"] {
        case "inline"? where fields["ref"] == nil: return .inline
        case "registry"?, nil:
            guard let isComplete = ["min": false, "max": true][fields["mode"] ?? "min"] else {
                throw .unsupported("--cache-to \(text)", instead: "the modes are min and max")
            }
            return .registry(try image(fields["ref"] ?? "", in: "--cache-to \(text)"), isComplete: isComplete)
        default:
            throw .unsupported(
                "--cache-to \(text)", instead: "a cache is written to an image: type=inline or type=registry,ref=IMAGE")
        }
    }

    private static func fields(of text: String, option: String, known: Set<String>) throws(CacheOptionError)
        -> [String: String]
    {
        var fields: [String: String] = [:]
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard pair.count == 2, known.contains(pair[0]) else {
                let names = known.sorted().joined(separator: ", ")
                throw .unsupported("\(option) \(text)", instead: "'\(part)' is none of the fields \(names)")
            }
            fields[pair[0]] = pair[1]
        }
        return fields
    }

    private static func image(_ name: String, in option: String) throws(CacheOptionError) -> String {
        guard !name.isEmpty else { throw .noImage(option) }
        return name
    }
}

/// Why a cache option can't be used.
public enum CacheOptionError: Error, Equatable, CustomStringConvertible {
    case unsupported(String, instead: String)
    case noImage(String)

    public var description: String {
        switch self {
        case .unsupported(let option, let instead): "'\(option.escapedForDisplay)': \(instead.escapedForDisplay)"
        case .noImage(let option): "'\(option.escapedForDisplay)' names no image: write type=registry,ref=IMAGE"
        }
    }
}
