import AgentProtocol
import Contexts
import CurlHTTP
import DockerEngine
import Foundation
import Logging
import TaskFiles
import TaskModel

/// What the steps of one run share on the daemon: the workspace, the home, the task's volumes and networks. All of it
/// is labelled with the run and gone when ``close()`` returns.
struct RunPlace: Sendable {
    let session: RunSession
    /// Behind ``ContainerCommand/workspace``.
    let workspaceVolume: String
    private let homeVolume: String
    private let stem: String
    private let attempt: RunAttempt
    private let labels: [String: String]
    let holder: HolderContainer
    let untouched = UntouchedWorkspace()

    init(session: RunSession) {
        self.session = session
        // Run ids are unique in one server, and a daemon may serve several.
        stem = "\(session.assignment.run)-\(session.assignment.epoch)"
        workspaceVolume = "\(stem)-workspace-\(session.daemon.owner)"
        homeVolume = "\(stem)-home-\(session.daemon.owner)"
        attempt = RunAttempt(run: session.assignment.run, epoch: session.assignment.epoch)
        labels = attempt.labels(of: session.daemon.owner)
        holder = HolderContainer(
            daemon: session.daemon, name: "\(stem)-files-\(session.daemon.owner)", labels: labels)
    }

    var client: DockerClient { session.daemon.client }

    /// A name on the daemon for a part of the run.
    func name(_ part: String) -> String { "\(stem)-\(part)-\(session.daemon.owner)" }

    /// Makes the container of an attempt. Where steps have the daemon's socket it is called like its step if that name is
    /// free, since later steps may ask the daemon for it.
    ///
    /// - Parameter name: for when it is not.
    func createContainer(named name: String, _ settings: ContainerSettings, of step: TaskGraph.Step) async throws
        -> String
    {
        if hasSocket, Self.isContainerName(step.id) {
            do {
                return try await Shield.finish { [client] in try await client.createContainer(step.id, settings) }
            } catch DockerError.refused(_, 409, _) {
                // Another has the name.
            }
        }
        return try await Shield.finish { [client] in try await client.createContainer(name, settings) }
    }

    /// Calls a container like its step, if that name is free.
    func rename(_ container: String, after step: TaskGraph.Step) async {
        guard Self.isContainerName(step.id) else { return }
        do {
            try await client.renameContainer(container, to: step.id)
        } catch DockerError.refused(_, 409, _) {
            // Another has the name.
        } catch {
            session.logger.warning(
                "container not renamed", metadata: ["container": "\(container)", "error": "\(error)"])
        }
    }

    private static func isContainerName(_ id: String) -> Bool {
        id.wholeMatch(of: /[a-zA-Z0-9][a-zA-Z0-9_.\-]{1,127}/) != nil
    }

    /// Whether steps have the daemon's socket.
    var hasSocket: Bool { session.assignment.policy.allowed.contains(.dockerSocket) }

    /// Where the daemon's socket is in containers.
    static let socketPath = "/var/run/docker.sock"

    /// The daemon's socket in a step's container; none unless the policy gives it.
    var socketMounts: [VolumeMount] {
        hasSocket ? [VolumeMount(.host(client.socketPath, isMade: false), path: Self.socketPath)] : []
    }

    func labels(ofStep id: String) -> [String: String] {
        labels.merging([RunLabels.step: id]) { _, step in step }
    }

    // MARK: Opening

    /// Makes the volumes and the networks, and fills the workspace and the home.
    ///
    /// - Returns: the id of each network by its name in the file.
    func open(_ plan: TaskPlan, context: PreparedContext?) async throws -> [String: String] {
        try await untouched.keep(context, for: plan)
        guard plan.usesContainers || untouched.isPartial else { return [:] }
        async let isFilled: Void = fill(plan, context: context)
        let networks = try await makeNetworks(plan)
        await session.log.line("Setting up Docker configuration...")
        try await isFilled
        await session.log.line("Successfully set up Docker configuration")
        for volume in plan.volumes {
            await session.log.line("Volume source \(volume.name) successfully created")
        }
        return networks
    }

    /// Finds what an earlier process of the agent made.
    ///
    /// - Parameter isOver: whether no step begins or goes on, so that nothing of it is needed. It may be gone.
    /// - Throws: ``RunFailure`` if something of it is gone: a container would get an empty volume in its place.
    func reopen(_ plan: TaskPlan, isOver: Bool) async throws -> [String: String] {
        untouched.touch()
        if isOver { return [:] }
        for volume in plan.volumes {
            for text in volume.files.values { await session.hideContent(of: text) }
        }
        holder.setVolumes(
            sharedMounts + plan.volumes.map { VolumeMount(volume: name(of: $0), path: Self.path(of: $0)) })
        let filter = labels.map { "\($0.key)=\($0.value)" }.sorted()
        let volumes = Set(try await client.volumes(labels: filter).map(\.name))
        for name in [workspaceVolume, homeVolume] + plan.volumes.map(name(of:)) where !volumes.contains(name) {
            throw RunFailure.error("the volume \(name) of the run is gone")
        }
        let made = try await client.networks(labels: filter)
        var ids: [String: String] = [:]
        for network in plan.networks where !network.skipCreation {
            if plan.isOneByOne {
                ids[network.name] = try await isolatedNetwork()
                continue
            }
            let name = name("network-\(ids.count)")
            guard let found = made.first(where: { $0.name == name }) else {
                throw RunFailure.error("the network \(network.name) of the run is gone")
            }
            ids[network.name] = found.id
        }
        return ids
    }

    private func fill(_ plan: TaskPlan, context: PreparedContext?) async throws {
        let volumes = try plan.volumes.map { (volume: $0, files: try Self.files(of: $0)) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for volume in [workspaceVolume, homeVolume] + plan.volumes.map(name(of:)) {
                group.addTask {
                    try await Shield.finish { [client, labels] in
                        try await client.createVolume(volume, labels: labels)
                    }
                }
            }
            try await group.waitForAll()
        }
        holder.setVolumes(
            sharedMounts + plan.volumes.map { VolumeMount(volume: name(of: $0), path: Self.path(of: $0)) })
        try await fill(ContainerCommand.home, with: try homeFiles())
        for (volume, files) in volumes {
            for text in volume.files.values { await session.hideContent(of: text) }
            try await fill(Self.path(of: volume), with: files)
        }
        if let context {
            try await client.unpack(into: try await holder.ensure(), at: ContainerCommand.workspace) { pipe in
                try await ContextPacker.packInBackground(context.upload, into: pipe)
            }
        }
    }

    private func fill(_ folder: String, with files: [InMemoryEntry]) async throws {
        guard !files.isEmpty else { return }
        try await client.unpack(into: try await holder.ensure(), at: folder) { pipe in
            try await ContextPacker.packInBackground(InMemoryWalk(files), into: pipe)
        }
    }

    private func makeNetworks(_ plan: TaskPlan) async throws -> [String: String] {
        var ids: [String: String] = [:]
        for network in plan.networks where !network.skipCreation {
            await session.log.line("Creating Docker network: \(network.name), driver: '\(network.driver)'")
            ids[network.name] =
                plan.isOneByOne
                ? try await isolatedNetwork()
                : try await make(network, name("network-\(ids.count)"))
            await session.log.line("Successfully set up Docker network: \(network.name)")
        }
        return ids
    }

    private func make(_ network: TaskFile.Network, _ name: String) async throws -> String {
        try await waitingForAddresses {
            try await Shield.finish { [client, labels] in
                try await client.createNetwork(name, driver: network.driver, hasIPv6: network.ipv6, labels: labels)
            }
        }
    }

    /// The id of the network that runs share whose containers need not talk to each other.
    func isolatedNetwork() async throws -> String {
        try await waitingForAddresses { try await session.daemon.isolatedNetwork.ensure() }
    }

    /// Waits while the daemon has no addresses left: each network takes a range of them, and a daemon has about thirty
    /// unless it is told otherwise (`default-address-pools`).
    ///
    /// - Parameter make: makes a network.
    func waitingForAddresses(_ make: () async throws -> String) async throws -> String {
        var isTold = false
        while true {
            do {
                return try await make()
            } catch let error as DockerError where error.isOutOfAddresses {
                if !isTold {
                    await session.log.line(
                        "Waiting: the docker daemon has no free addresses for a network; other runs have them all.")
                }
                isTold = true
                try await Task.sleep(for: .milliseconds(500))
            }
        }
    }

    // MARK: What is in it

    /// The configuration of docker's client, with the logins of the run.
    private func homeFiles() throws -> [InMemoryEntry] {
        guard !session.ownCredentials.isEmpty else { return [] }
        var logins: [String: [String: String]] = [:]
        for (server, credential) in session.ownCredentials {
            let key = server == ImageReference.dockerHub ? "https://index.docker.io/v1/" : server
            let login = Data("\(credential.username):\(credential.password.value)".utf8).base64EncodedString()
            logins[key] = ["auth": login]
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let json = [UInt8](try encoder.encode(["auths": logins]))
        func entry(_ path: String, _ kind: ContextEntry.Kind, _ mode: UInt16) -> ContextEntry {
            ContextEntry(path: EntryPath(path), kind: kind, mode: mode, modified: 0)
        }
        return [
            InMemoryEntry(entry(".docker", .directory, 0o700)),
            InMemoryEntry(entry(".docker/config.json", .file(size: Int64(json.count)), 0o600), bytes: json),
        ]
    }

    /// A text without a line end at its end gets one, as in ACR Tasks, where tasks count on it; other bytes stay.
    private static func files(of volume: TaskVolume) throws -> [InMemoryEntry] {
        try volume.files.sorted { $0.key < $1.key }.map { name, text in
            guard let data = Data(base64Encoded: text) else {
                throw RunFailure.failed(
                    "the file '\(name)' of the volume '\(volume.name)' is no Base64 text. Fill it with b64enc, as in "
                        + "{{ .Values.key | b64enc }}", .volume)
            }
            var bytes = [UInt8](data)
            if bytes.last != 0x0a, String(validating: bytes, as: UTF8.self) != nil { bytes.append(0x0a) }
            return InMemoryEntry(file: name, bytes: bytes)
        }
    }

    private func name(of volume: TaskVolume) -> String { name("volume-\(volume.name)") }

    /// Where the holder has it.
    static func path(of volume: TaskVolume) -> String { "/volumes/\(volume.name)" }

    private var sharedMounts: [VolumeMount] {
        [
            VolumeMount(volume: workspaceVolume, path: ContainerCommand.workspace),
            VolumeMount(volume: homeVolume, path: ContainerCommand.home),
        ]
    }

    /// The volumes of a step's container.
    func mounts(of step: TaskGraph.Step) -> [VolumeMount] {
        sharedMounts + step.mounts.map { VolumeMount(volume: name("volume-\($0.volume)"), path: $0.path) }
    }

    // MARK: Closing

    /// Removes everything that the run made, its steps' containers too, and those that steps began by themselves with
    /// the daemon's socket and put into its volumes or networks.
    func close() async {
        await session.daemon.removeAll(of: attempt, reachesOthers: hasSocket, logger: session.logger)
    }
}

extension DockerError {
    /// Whether the daemon has no range of addresses left for one more network: it "could not find an available,
    /// non-overlapping IPv4 address pool", or, from docker 27 on, "all predefined address pools have been fully
    /// subnetted".
    var isOutOfAddresses: Bool {
        guard case .refused(_, _, let message) = self else { return false }
        return message.contains("non-overlapping") || message.contains("fully subnetted")
    }
}
