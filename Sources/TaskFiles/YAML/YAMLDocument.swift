import CYaml

/// Reads one YAML document into nodes. Within limits, whatever the text.
///
/// Reads the events of libyaml itself: of keys that are written twice the last counts here, and no more nodes are made
/// than the limits allow.
struct YAMLDocument {
    /// For texts that strangers write.
    struct Limits {
        var depth = 64
        /// After aliases.
        var nodes = 10_000
        /// Aliases of lists and maps.
        var collectionAliases = 128
    }

    /// Nil if there is nothing in it.
    let root: YAMLNode?
    /// Where something begins that is not of the document and stays unread, such as a second one; nil if nothing does.
    let rest: TextPlace?

    /// - Throws: ``TaskFileError`` with `yaml-syntax` or `too-complex`.
    init(_ text: String, limits: Limits = Limits()) throws(TaskFileError) {
        let events = try YAMLEvents(text.withoutByteOrderMark)
        var composer = YAMLComposer(events: events, limits: limits)
        root = try composer.document()
        rest = root == nil ? nil : events.placeOfRest()
    }

    /// The roots of all documents of a text, which share the limits.
    ///
    /// - Throws: as ``init(_:limits:)``.
    static func all(in text: String, limits: Limits = Limits()) throws(TaskFileError) -> [YAMLNode] {
        var composer = YAMLComposer(events: try YAMLEvents(text.withoutByteOrderMark), limits: limits)
        var roots: [YAMLNode] = []
        while let root = try composer.nextDocument() { roots.append(root) }
        return roots
    }
}

/// Puts nodes together from events.
private struct YAMLComposer {
    let events: YAMLEvents
    let limits: YAMLDocument.Limits
    private var anchors: [String: YAMLNode] = [:]
    private var nodes = 0
    private var collectionAliases = 0

    init(events: YAMLEvents, limits: YAMLDocument.Limits) {
        self.events = events
        self.limits = limits
    }

    mutating func document() throws(TaskFileError) -> YAMLNode? {
        while true {
            let event = try events.next()
            switch event.kind {
            case .end: return nil
            case .other: continue
            default: return try node(event, depth: 1)
            }
        }
    }

    /// Nil after the last one.
    mutating func nextDocument() throws(TaskFileError) -> YAMLNode? {
        anchors = [:]
        while true {
            let event = try events.next()
            if event.isEndOfStream { return nil }
            switch event.kind {
            case .end, .other: continue
            default: return try node(event, depth: 1)
            }
        }
    }

    private mutating func node(_ event: YAMLEvents.Event, depth: Int) throws(TaskFileError) -> YAMLNode {
        guard depth <= limits.depth else {
            throw TaskFileError(.tooComplex, at: event.place, "It is nested more than \(limits.depth) levels deep.")
        }
        let node: YAMLNode
        let anchor: String?
        switch event.kind {
        case .alias(let name): return try alias(name, at: event.place)
        case .scalar(let text, let isPlain, let tag, let name):
            try count(1, at: event.place)
            node = YAMLNode(.scalar(text, isPlain: isPlain, tag: tag), at: event.place)
            anchor = name
        case .listStart(let name):
            try count(1, at: event.place)
            node = YAMLNode(.list(try items(depth: depth)), at: event.place)
            anchor = name
        case .mapStart(let name):
            try count(1, at: event.place)
            node = YAMLNode(.map(try entries(depth: depth)), at: event.place)
            anchor = name
        case .listEnd, .mapEnd, .other, .end:
            throw TaskFileError(.yamlSyntax, at: event.place, "It is no YAML: a value is missing here.")
        }
        if let anchor { anchors[anchor] = node }
        return node
    }

    private mutating func alias(_ name: String, at place: TextPlace) throws(TaskFileError) -> YAMLNode {
        guard let node = anchors[name] else {
            throw TaskFileError(.yamlSyntax, at: place, "It is no YAML: nothing before this has the anchor '&\(name)'.")
        }
        if node.size > 1 { collectionAliases += 1 }
        guard collectionAliases <= limits.collectionAliases else {
            throw TaskFileError(
                .tooComplex, at: place, "More than \(limits.collectionAliases) aliases stand for lists or maps.")
        }
        try count(node.size, at: place)
        return node
    }

    private mutating func items(depth: Int) throws(TaskFileError) -> [YAMLNode] {
        var items: [YAMLNode] = []
        while true {
            let event = try events.next()
            if case .listEnd = event.kind { return items }
            items.append(try node(event, depth: depth + 1))
        }
    }

    private mutating func entries(depth: Int) throws(TaskFileError) -> [(key: String, value: YAMLNode)] {
        var entries: [(key: String, value: YAMLNode)] = []
        var places: [String: Int] = [:]
        var merged: [YAMLNode] = []
        while true {
            let event = try events.next()
            if case .mapEnd = event.kind { break }
            let keyNode = try node(event, depth: depth + 1)
            guard case .scalar(let key, let isPlain, let tag) = keyNode.content else {
                throw TaskFileError(.yamlSyntax, at: event.place, "A key must be text, not \(keyNode.kind).")
            }
            let value = try node(try events.next(), depth: depth + 1)
            if key == "<<", isPlain, tag == nil || tag == "tag:yaml.org,2002:merge" {
                merged.append(value)
            } else if let place = places[key] {
                entries[place].value = value
            } else {
                places[key] = entries.count
                entries.append((key, value))
            }
        }
        for source in merged { try merge(source, into: &entries, &places) }
        return entries
    }

    /// Adds entries whose keys are not there yet: `<<` of a map or of a list of maps, of which the first wins.
    private func merge(
        _ source: YAMLNode, into entries: inout [(key: String, value: YAMLNode)], _ places: inout [String: Int]
    ) throws(TaskFileError) {
        switch source.content {
        case .map(let more):
            for entry in more where places[entry.key] == nil {
                places[entry.key] = entries.count
                entries.append(entry)
            }
        case .list(let sources):
            for item in sources {
                guard case .map = item.content else { throw Self.mergeError(item) }
                try merge(item, into: &entries, &places)
            }
        case .scalar: throw Self.mergeError(source)
        }
    }

    private static func mergeError(_ node: YAMLNode) -> TaskFileError {
        TaskFileError(.yamlSyntax, at: node.place, "'<<' takes in a map or a list of maps, not \(node.kind).")
    }

    private mutating func count(_ more: Int, at place: TextPlace) throws(TaskFileError) {
        nodes += more
        guard nodes <= limits.nodes else {
            throw TaskFileError(.tooComplex, at: place, "It has more than \(limits.nodes) values, aliases included.")
        }
    }
}

/// The events of libyaml's parser. Owns the parser and the text it reads.
private final class YAMLEvents {
    struct Event {
        enum Kind {
            case scalar(String, isPlain: Bool, tag: String?, anchor: String?)
            case listStart(anchor: String?)
            case listEnd
            case mapStart(anchor: String?)
            case mapEnd
            case alias(String)
            /// The begin of the stream or of a document.
            case other
            /// The end of the document or of the stream.
            case end
        }

        let kind: Kind
        let place: TextPlace
        let isEndOfStream: Bool
    }

    /// The parser keeps its own address, so it must not move.
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let text: UnsafeMutableBufferPointer<UInt8>

    init(_ text: String) throws(TaskFileError) {
        let bytes = Array(text.utf8)
        parser = .allocate(capacity: 1)
        parser.initialize(to: yaml_parser_t())
        self.text = .allocate(capacity: bytes.count)
        _ = self.text.initialize(from: bytes)
        guard yaml_parser_initialize(parser) == 1 else {
            throw TaskFileError(.yamlSyntax, "There is not enough memory to read it.")
        }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, self.text.baseAddress, bytes.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
        text.deallocate()
    }

    func next() throws(TaskFileError) -> Event {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw problem() }
        defer { yaml_event_delete(&event) }
        return Event(
            kind: Self.kind(of: event), place: Self.place(event.start_mark),
            isEndOfStream: event.type == YAML_STREAM_END_EVENT)
    }

    /// Where something comes after the document, whose last value was read; nil if nothing does.
    func placeOfRest() -> TextPlace? {
        do throws(TaskFileError) {
            while true {
                let event = try next()
                if event.isEndOfStream { return nil }
                if case .end = event.kind { continue }
                return event.place
            }
        } catch {
            return error.place
        }
    }

    private static func kind(of event: yaml_event_t) -> Event.Kind {
        func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? { pointer.map { String(cString: $0) } }
        switch event.type {
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            return .scalar(
                String(decoding: bytes, as: UTF8.self), isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE,
                tag: text(scalar.tag), anchor: text(scalar.anchor))
        case YAML_SEQUENCE_START_EVENT: return .listStart(anchor: text(event.data.sequence_start.anchor))
        case YAML_SEQUENCE_END_EVENT: return .listEnd
        case YAML_MAPPING_START_EVENT: return .mapStart(anchor: text(event.data.mapping_start.anchor))
        case YAML_MAPPING_END_EVENT: return .mapEnd
        case YAML_ALIAS_EVENT: return .alias(text(event.data.alias.anchor) ?? "")
        case YAML_STREAM_START_EVENT, YAML_DOCUMENT_START_EVENT: return .other
        default: return .end
        }
    }

    private func problem() -> TaskFileError {
        let error = parser.pointee
        let words = [error.context, error.problem].compactMap { $0.map { String(cString: $0) } }
        let place = error.error == YAML_READER_ERROR ? nil : Self.place(error.problem_mark)
        return TaskFileError(.yamlSyntax, at: place, "It is no YAML: \(words.joined(separator: ", ")).")
    }

    private static func place(_ mark: yaml_mark_t) -> TextPlace {
        TextPlace(line: Int(mark.line) + 1, column: Int(mark.column) + 1)
    }
}
