public import TaskModel

extension RunResource {
    /// A run as the API shows it.
    ///
    /// - Parameter registry: the id of the run's registry, as the server spells it.
    public init(_ run: Run, in registry: ResourceID) {
        self.init(
            id: registry.run(run.id).description, name: run.id.text, type: ResourceID.runType,
            properties: RunProperties(run))
    }
}

extension RunResource {
    /// The run's id; nil if what came is none.
    public var runID: RunID? { RunID(properties?.runId ?? name) }
}

extension RunProperties {
    public init(_ run: Run) {
        self.init(runId: run.id.text, status: run.status.rawValue, runType: run.type.rawValue)
        provisioningState = "Succeeded"
        createTime = Timestamp(run.createTime)
        startTime = run.startTime.map(Timestamp.init)
        finishTime = run.finishTime.map(Timestamp.init)
        lastUpdatedTime = Timestamp(run.lastUpdatedTime)
        agentPoolName = run.agentPool
        task = run.task
        isArchiveEnabled = run.isArchiveEnabled
        runErrorMessage = run.errorMessage
        waitReason = run.waitReason
        agent = run.agent
        if run.isCancelRequested { isCancelRequested = true }
        canceledBy = run.canceledBy
        if run.isTimeoutRequested { isTimeoutRequested = true }
        if run.epoch > 1 { attempt = run.epoch }
        logLoss = run.logLoss.map(LogLossProperties.init)
        queue = QueueProperties(run.request.common.queue)
        sourceRevision = run.source.map { SourceRevisionProperties(commitId: $0.commit, branchName: $0.branch) }
        if !run.outputImages.isEmpty {
            outputImages = run.outputImages.map {
                OutputImageProperties(registry: $0.registry, repository: $0.repository, tag: $0.tag, digest: $0.digest)
            }
        }
        switch run.trigger {
        case .source(let event)?: sourceTrigger = SourceTrigger(event)
        case .timer(let occurrence)?: timerTrigger = TimerTrigger(occurrence)
        case .image(let update)?: imageUpdateTrigger = ImageUpdateTrigger(update)
        case nil: break
        }
        if run.isRestricted { isRestricted = true }
        let request = run.request.common
        platform = PlatformProperties(request.platform)
        if case .build(let build) = run.request, !build.platforms.isEmpty {
            platforms = build.platforms.map(PlatformProperties.init)
        }
        agentConfiguration = AgentConfiguration(cpu: request.cpu ?? AgentConfiguration.standardCPU)
        let hosts = request.customCredentials.keys.sorted() + request.vaultLogins.keys.sorted()
        if !hosts.isEmpty { customRegistries = hosts.sorted() }
    }

    /// The status, nil if it is missing or unknown.
    public var knownStatus: RunStatus? { status.flatMap(RunStatus.init(anyCase:)) }
}

extension PlatformProperties {
    /// The system is written with a capital, as the service does.
    init(_ platform: Platform) {
        self.init(
            os: platform.os.prefix(1).uppercased() + platform.os.dropFirst(), architecture: platform.architecture,
            variant: platform.variant)
    }
}
