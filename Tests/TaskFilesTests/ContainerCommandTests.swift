import TaskModel
import Testing

@testable import TaskFiles

struct ContainerCommandTests {
    private func command(_ line: String, _ properties: String = "", allowing permissions: Set<StepPermission> = [])
        throws -> ContainerCommand
    {
        let plan = try PlanReader.plan(cmd: line, properties, allowing: permissions)
        guard case .container(let command) = plan.steps[0].work else { throw PlanReader.NotExpected() }
        return command
    }

    private func error(_ line: String, _ properties: String = "") throws -> TaskFileError {
        try #require(throws: TaskFileError.self) { try PlanReader.plan(cmd: line, properties) }
    }

    @Test func `a command is options, image and arguments`() throws {
        let command = try command(
            "-e X=1 -e Y --hostname=h -w/data --rm -m 1g img:1 sh -c 'echo \"a  b\" $X' -e \"\" \\$z",
            """
            env: ["Q='x y'", P=1]
            ports: ["8080:80", "127.0.0.1::53/udp"]
            user: 7:8
            entryPoint: /bin/x
            cpus: 0.5
            """)

        #expect(command.image == "img:1")
        #expect(command.arguments == ["sh", "-c", "echo \"a  b\" $X", "-e", "", "$z"])
        #expect(command.environment == ["HOME=/acb/home", "Q=x y", "P=1", "X=1"])
        #expect(command.hostname == "h")
        #expect(command.workingDirectory == "/data")
        #expect(command.resources.memory == 1 << 30)
        #expect(command.resources.nanoCPUs == 500_000_000)
        #expect(command.user == "7:8")
        #expect(command.entryPoint == "/bin/x")
        #expect(command.networking.network == "acb_default_network")
        #expect(
            command.networking.publishedPorts == [
                PortMapping(port: 80, transport: "tcp", address: "", hostPort: 8080),
                PortMapping(port: 53, transport: "udp", address: "127.0.0.1", hostPort: nil),
            ])
    }

    @Test func `limits, health and name resolution are read`() throws {
        let command = try command(
            "--cpu-quota 50000 --memory-swap=-1 --shm-size 64m --ulimit nofile=1024:2048 --ulimit core=-1 "
                + "--health-cmd 'test -f x' --health-interval 1m30s --dns 10.0.0.1 --dns-search example.com "
                + "--sysctl net.core.somaxconn=9 --stop-signal SIGINT --stop-timeout 3 --group-add 5 "
                + "--security-opt no-new-privileges --platform linux/arm64 --pull always -d img")

        #expect(command.resources.nanoCPUs == 500_000_000)
        #expect(command.resources.memorySwap == -1)
        #expect(command.resources.sharedMemory == 64 << 20)
        #expect(command.resources.ulimits.map(\.name) == ["nofile", "core"])
        #expect(command.resources.ulimits.map(\.hard) == [2048, -1])
        #expect(command.health?.command == "test -f x")
        #expect(command.health?.interval == .seconds(90))
        #expect(command.networking.dnsServers == ["10.0.0.1"])
        #expect(command.access.sysctls == ["net.core.somaxconn": "9"])
        #expect(command.stopTimeout == .seconds(3))
        #expect(command.access.securityOptions == ["no-new-privileges"])
        #expect(command.platform == Platform(os: "linux", architecture: "arm64"))
        #expect(command.pull == .always)
        #expect(command.isDetached)
    }

    @Test func `volumes of the run, of memory and of nobody else take no permission`() throws {
        let command = try command(
            "-v shared:/w -v /cache --tmpfs /t:size=1m,mode=700 --mount type=volume,src=shared,dst=/x,readonly img")

        #expect(command.mounts.map(\.path) == ["/w", "/cache", "/x", "/t"])
        #expect(
            command.mounts.map(\.source) == [
                .workspace, .anonymous, .workspace, .memory(bytes: 1 << 20, mode: 0o700),
            ])
        #expect(command.mounts.map(\.isReadOnly) == [false, false, true, false])
    }

    @Test(arguments: [
        ("--privileged busybox", "", StepPermission.privileged), ("busybox", "privileged: true", .privileged),
        ("--security-opt seccomp=unconfined busybox", "", .privileged),
        ("--security-opt=apparmor:unconfined busybox", "", .privileged),
        ("-v /:/host busybox", "", .hostPaths), ("-v other:/x busybox", "", .hostPaths),
        ("--mount type=bind,source=/etc,target=/e busybox", "", .hostPaths),
        ("-v/var/run/docker.sock:/s busybox", "", .dockerSocket), ("--device=/dev/kvm busybox", "", .devices),
        ("--gpus all busybox", "", .devices), ("--network host busybox", "", .hostNetwork),
        ("busybox", "network: host", .hostNetwork), ("busybox", "network: somebodys", .hostNetwork),
        ("--net=container:x busybox", "", .hostNetwork), ("--cap-add ALL busybox", "", .addedCapabilities),
        ("--sysctl net.ipv6.conf.all.disable_ipv6=0 busybox", "", .hostNetwork),
        ("--pid=host busybox", "", .hostNamespaces), ("--ipc host busybox", "", .hostNamespaces),
        ("--uts host busybox", "", .hostNamespaces), ("--userns=host busybox", "", .hostNamespaces),
        ("--cgroupns host busybox", "", .hostNamespaces),
    ])
    func `S13 what reaches the host takes a permission of the pool's policy`(
        line: String, properties: String, permission: StepPermission
    ) throws {
        let error = try error(line, properties)

        #expect(error.code == .policyDenied)
        #expect(error.reason.contains("pools[].policy.allow: [\(permission.rawValue)]"))
        let plan = try PlanReader.plan(cmd: line, properties, allowing: [permission])
        #expect(plan.needs.map(\.permission) == [permission])
    }

    @Test(arguments: [
        ("--name x busybox", "set 'id'"), ("--env-file f busybox", "under 'env'"), ("--link x busybox", "by their ids"),
        ("--log-driver none busybox", "log"), ("--restart always busybox", "'retries'"),
        ("--ip 1.2.3.4 busybox", "ids"),
        ("--volumes-from x busybox", "/workspace"), ("--oom-kill-disable busybox", "memory"),
        ("--no-such-thing busybox", "'--no-such-thing' of docker run"), ("-z busybox", "'-z' of docker run"),
        ("--isolation hyperv busybox", "Windows"), ("--sysctl vm.swappiness=1 busybox", "vm.swappiness"),
    ])
    func `other options are refused by name, with what to do instead`(line: String, what: String) throws {
        let error = try error(line)

        #expect(error.code == .commandUnsupported)
        #expect(error.reason.contains(what), "\(error)")
        #expect(error.place != nil)
    }

    @Test(arguments: ["-it busybox", "--ulimit x busybox", "--health-cmd a --no-healthcheck busybox"])
    func `what docker's client refuses is refused`(line: String) throws {
        #expect(try error(line).code == .commandSyntax)
    }

    @Test(arguments: [
        "--cap-drop", "busybox 'a", "busybox \"a", "-e A=1", "--cpus many busybox", "-p x busybox", "-v :/x busybox",
        "--tmpfs x busybox", "--cpus 1 --cpu-quota 5 busybox",
    ])
    func `a command that docker or a shell would not take is refused`(line: String) throws {
        #expect(try error(line).code == .commandSyntax)
    }

    @Test(arguments: [
        "-t busybox", "-i busybox", "-i=false busybox", "--restart no busybox", "--isolation default busybox",
    ])
    func `options without effect in a run are taken`(line: String) throws {
        #expect(try command(line).image == "busybox")
    }

    @Test(arguments: [
        ("", "/workspace"), (".", "/workspace"), ("a//b/./c", "/workspace/a/b/c"), ("../..", "/"), ("/tmp/../x", "/x"),
    ])
    func `working directories are below the workspace unless they are absolute`(written: String, folder: String) {
        #expect(ContainerCommand.folder(written) == folder)
    }

    @Test func `every option of this docker is known`() throws {
        // `docker run --help` of docker 28.2.
        for name in ContainerCommand.allOptions { #expect(ContainerCommand.kinds[name] != nil, "\(name)") }
    }
}

extension ContainerCommand {
    fileprivate static let allOptions = """
        add-host annotation attach blkio-weight blkio-weight-device cap-add cap-drop cgroup-parent cgroupns cidfile
        cpu-period cpu-quota cpu-rt-period cpu-rt-runtime cpu-shares cpus cpuset-cpus cpuset-mems detach detach-keys
        device device-cgroup-rule device-read-bps device-read-iops device-write-bps device-write-iops
        disable-content-trust dns dns-option dns-search domainname entrypoint env env-file expose gpus group-add
        health-cmd health-interval health-retries health-start-interval health-start-period health-timeout help hostname
        init interactive ip ip6 ipc isolation kernel-memory label label-file link link-local-ip log-driver log-opt
        mac-address memory memory-reservation memory-swap memory-swappiness mount name network network-alias
        no-healthcheck oom-kill-disable oom-score-adj pid pids-limit platform privileged publish publish-all pull quiet
        read-only restart rm runtime security-opt shm-size sig-proxy stop-signal stop-timeout storage-opt sysctl tmpfs
        tty ulimit use-api-socket user userns uts volume volume-driver volumes-from workdir
        """.split { $0.isWhitespace }.map(String.init)
}
