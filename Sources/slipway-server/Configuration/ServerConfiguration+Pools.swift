import Glibc
import TaskModel

extension SettingValues {
    /// The agent pools, or the one that a server without configuration has.
    func pools() throws(ConfigurationError) -> [AgentPool] {
        var pools: [AgentPool] = []
        for index in 0..<max(1, count("pools")) {
            let pool = try pool(at: "pools[\(index)]")
            if let other = pools.firstIndex(where: { $0.name.lowercased() == pool.name.lowercased() }) {
                throw .invalid(
                    place("pools[\(index)].name"), value: pool.name,
                    expected: "another name than that of pools[\(other)]")
            }
            pools.append(pool)
        }
        return pools
    }

    private func pool(at path: String) throws(ConfigurationError) -> AgentPool {
        let expected = "1 to 20 letters, digits and dashes, the first a letter"
        let given = try read("\(path).name", expected: expected) { isPoolName($0) ? $0 : nil }
        guard let name = given ?? (count("pools") == 0 ? "default" : nil) else {
            throw .missing(place("\(path).name"), expected: expected)
        }
        let socket = "unix:// and the absolute path of the daemon's socket, as in unix:///var/run/docker.sock"
        let docker = try require("\(path).docker", expected: socket) { text in
            text.hasPrefix("unix:///") && text.utf8.count > 8 && text.utf8.count < 108 ? text : nil
        }
        let cores = min(64, max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        return AgentPool(
            name: name, dockerEndpoint: docker, slots: try integer("\(path).slots", in: 0...64) ?? cores,
            policy: try policy(at: "\(path).policy"), cache: try cacheLimits(at: "\(path).cache"))
    }

    private func cacheLimits(at path: String) throws(ConfigurationError) -> CacheLimits {
        CacheLimits(
            maxBytes: try isGiven("\(path).maxBytes") ? bytes("\(path).maxBytes") : nil,
            maxAge: try isGiven("\(path).maxAge") ? duration("\(path).maxAge", in: 60...315_360_000) : nil)
    }

    private func policy(at path: String) throws(ConfigurationError) -> PoolPolicy {
        let names = StepPermission.allCases.map(\.rawValue).joined(separator: ", ")
        let allowed = try readList("\(path).allow", expected: "one of \(names)", StepPermission.init)
        let memory = try isGiven("\(path).memory") ? bytes("\(path).memory") : nil
        let processors = try read("\(path).cpus", expected: "a number of processors from 0.01 to 1024, as in 1.5") {
            Double($0).flatMap { (0.01...1024).contains($0) ? $0 : nil }
        }
        return PoolPolicy(
            refuseSecretBuildArguments: try bool("\(path).refuseSecretBuildArguments"), allowed: Set(allowed),
            stepMemory: memory, stepNanoCPUs: processors.map { Int64(($0 * 1e9).rounded()) },
            noNewPrivileges: try bool("\(path).noNewPrivileges"),
            allowsEmulation: try bool("\(path).emulation"))
    }
}

private func isPoolName(_ name: String) -> Bool {
    (1...20).contains(name.count) && name.first?.isLetter == true
        && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
}
