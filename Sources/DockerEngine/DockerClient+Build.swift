public import TaskModel

extension DockerClient {
    /// Builds an image: `POST /build`, with BuildKit or with the classic builder.
    ///
    /// - Parameters:
    ///   - vertices: gets those that have changed, about every tenth of a second while any do.
    ///   - output: gets what the build prints, in order, lines ending in LF. It may be slow; what it throws breaks the
    ///     build off.
    /// - Throws: ``DockerError/build(_:)`` when the build failed by itself; other ``DockerError``s when it could not
    ///   be carried out; `CancellationError` when the task is canceled: the running step is then ended, and its last
    ///   lines are printed first.
    public func build(
        _ input: BuildInput, options: BuildOptions,
        vertices: @escaping @Sendable ([BuildVertex]) async -> Void = { _ in },
        output: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws -> BuildResult {
        switch (options.builder, try await daemon().hasBuildKit) {
        case (.buildKit, true):
            try await BuildKitBuild(
                client: self, input: input, options: options, vertices: vertices, output: output
            ).carryOut()
        case (.classic, _), (.buildKit, false):
            try await ClassicBuild(
                client: self, input: input, options: options, vertices: vertices, output: output
            ).carryOut()
        }
    }

    /// Breaks a BuildKit build off: `POST /build/cancel`. No error if there is no build of that id.
    func cancelBuild(_ id: String) async throws {
        var call = EngineCall("cancel a build", "POST", "/build/cancel")
        call.query = [("id", id)]
        call.timeout = .seconds(5)
        _ = try await fetch(call)
    }
}

extension BuildOptions {
    /// The parameters of `POST /build` that both builders understand.
    ///
    /// The API takes build arguments in the URL alone, secret ones too. No URL of this client's gets into an error or
    /// a log.
    func query(dockerfilePath: String) throws -> [(name: String, value: String)] {
        var query = tags.map { (name: "t", value: $0) }
        query.append(("dockerfile", dockerfilePath))
        if let target { query.append(("target", target)) }
        if !arguments.isEmpty {
            let values = Dictionary(arguments.map { ($0.name, $0.value.value) }) { _, last in last }
            query.append(("buildargs", try compactJSON(values)))
        }
        if !labels.isEmpty {
            let values = Dictionary(labels.map { ($0.name, $0.value) }) { _, last in last }
            query.append(("labels", try compactJSON(values)))
        }
        if noCache { query.append(("nocache", "1")) }
        if pull { query.append(("pull", "1")) }
        if let platform { query.append(("platform", platform.description)) }
        if !cacheSources.isEmpty { query.append(("cachefrom", try compactJSON(cacheSources))) }
        if let network { query.append(("networkmode", network)) }
        query += extraHosts.map { (name: "extrahosts", value: $0) }
        return query + (try limits.query)
    }
}

extension ContainerLimits {
    /// The parameters of `POST /build` for those that are set.
    fileprivate var query: [(name: String, value: String)] {
        get throws {
            let numbers = [
                ("shmsize", sharedMemory), ("memory", memory), ("memswap", memorySwap), ("cpushares", cpuShares),
                // The kernel's own period, in microseconds.
                ("cpuquota", nanoCPUs / 10_000), ("cpuperiod", nanoCPUs > 0 ? 100_000 : 0),
            ]
            var query = numbers.filter { $0.1 != 0 }.map { (name: $0.0, value: String($0.1)) }
            if let cpuSet { query.append(("cpusetcpus", cpuSet)) }
            if let memoryNodes { query.append(("cpusetmems", memoryNodes)) }
            if !ulimits.isEmpty { query.append(("ulimits", try compactJSON(ulimits.map(UlimitWire.init)))) }
            return query
        }
    }
}
