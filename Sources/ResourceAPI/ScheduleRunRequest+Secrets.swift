extension ScheduleRunRequest {
    /// The request for those who may not see secrets: without the values of secret arguments, passwords and tokens.
    ///
    /// - Parameter shownSource: takes logins and signatures out of where a context comes from.
    public func withoutSecrets(shownSource: (String) -> String) -> ScheduleRunRequest {
        switch self {
        case .dockerBuild(var request):
            request.sourceLocation = request.sourceLocation.map(shownSource)
            request.arguments = request.arguments?.map(\.withoutSecret)
            request.secrets = request.secrets?.map { NamedSecret(id: $0.id, value: nil) }
            request.sshKeys = request.sshKeys?.map { NamedSecret(id: $0.id, value: nil) }
            request.credentials = request.credentials?.withoutSecrets
            return .dockerBuild(request)
        case .fileTask(var request):
            request.sourceLocation = request.sourceLocation.map(shownSource)
            request.values = request.values?.map(\.withoutSecret)
            request.credentials = request.credentials?.withoutSecrets
            return .fileTask(request)
        case .encodedTask(var request):
            request.sourceLocation = request.sourceLocation.map(shownSource)
            request.values = request.values?.map(\.withoutSecret)
            request.credentials = request.credentials?.withoutSecrets
            return .encodedTask(request)
        case .taskRun(var request):
            if var override = request.overrideTaskStepProperties {
                override.contextPath = override.contextPath.map(shownSource)
                override.arguments = override.arguments?.map(\.withoutSecret)
                override.values = override.values?.map(\.withoutSecret)
                override.updateTriggerToken = nil
                request.overrideTaskStepProperties = override
            }
            return .taskRun(request)
        }
    }
}

extension ArgumentProperties {
    fileprivate var withoutSecret: ArgumentProperties {
        isSecret ? ArgumentProperties(kind, name: name, value: nil, isSecret: true) : self
    }
}

extension CredentialsProperties {
    fileprivate var withoutSecrets: CredentialsProperties {
        var shown = self
        shown.customRegistries = customRegistries?.mapValues { registry in
            var registry = registry
            registry.userName?.value = nil
            registry.password?.value = nil
            return registry
        }
        return shown
    }
}
