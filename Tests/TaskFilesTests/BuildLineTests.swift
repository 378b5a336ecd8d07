import TaskModel
import Testing

@testable import TaskFiles

struct BuildLineTests {
    private func build(_ line: String, _ properties: String = "", allowing permissions: Set<StepPermission> = []) throws
        -> BuildCommand
    {
        let plan = try PlanReader.plan(build: line, properties, allowing: permissions)
        guard case .build(let command) = plan.steps[0].work else { throw PlanReader.NotExpected() }
        return command
    }

    @Test func `a build is read from its words`() throws {
        let command = try build(
            "-t a/b:1 --tag=a/c -f sub/df --build-arg A=1 --build-arg=B='x y' --build-arg C --build-arg D --target t "
                + "--label l=v --no-cache --platform linux/arm64 sub",
            "env: [\"C='3 4'\"]\nworkingDirectory: w\n")

        #expect(command.tags == ["a/b:1", "a/c"])
        #expect(command.arguments.map { "\($0.name)=\($0.value)" } == ["A=1", "B=x y", "C=3 4"])
        #expect(command.dockerfile == "/workspace/w/sub/df")
        #expect(command.context == .folder("/workspace/w/sub"))
        #expect(command.target == "t")
        #expect(command.labels.map(\.name) == ["l"])
        #expect(command.platform == Platform(os: "linux", architecture: "arm64"))
        #expect(command.noCache)
        #expect(!command.isClassic)
    }

    @Test func `options for the builder are read`() throws {
        let command = try build(
            "--add-host a:1.2.3.4 --cache-from x/y --cache-from type=registry,ref=r/z --cache-to r/c --network none "
                + "--shm-size 1g --ulimit nofile=5 --memory 1g --cpu-shares 5 --progress plain -q --rm --pull --provenance=false "
                + "--load .",
            "env: [DOCKER_BUILDKIT=0]\ncache: Enabled\nvolumeMounts: []\ndetach: true\n")

        #expect(command.extraHosts == ["a:1.2.3.4"])
        #expect(command.cacheSources == ["x/y", "r/z"])
        #expect(command.cacheTarget == .registry("r/c", isComplete: false))
        #expect(command.network == .none)
        #expect(command.resources.sharedMemory == 1 << 30)
        #expect(command.resources.memory == 1 << 30)
        #expect(command.isClassic)
        #expect(command.isCached)
    }

    @Test func `secrets are files of the step or its variables`() throws {
        let command = try build(
            "--secret id=a,src=/run/x --secret id=b,src=y --secret id=c,env=V --secret id=V --secret type=env,id=d,src=V "
                + "--secret id=e .", "env: [V=1]\nworkingDirectory: w\n")

        #expect(
            command.secrets.map(\.source) == [
                .file("/run/x"), .file("/workspace/w/y"), .value("1"), .value("1"), .value("1"),
                .file("/workspace/w/e"),
            ])
    }

    @Test func `ssh keys are files`() throws {
        let command = try build("--ssh default=/keys/one,two --ssh other=../x .", "workingDirectory: w\n")

        #expect(command.sshKeys.map(\.id) == ["default", "other"])
        #expect(command.sshKeys.map(\.files) == [["/keys/one", "/workspace/w/two"], ["/workspace/x"]])
    }

    @Test(arguments: [
        "https://github.com/o/r.git#main:sub", "git@github.com:o/r.git", "github.com/o/r",
        "http://example.com/a.tar.gz",
        "ssh://git@example.com/o/r",
    ])
    func `a context from elsewhere is fetched first`(context: String) throws {
        let command = try build("-f ../sub/df \(context.contains("#") ? "'\(context)'" : context)")

        #expect(command.context == .remote(context))
        #expect(command.dockerfile == "sub/df")
    }

    @Test(arguments: [
        ("--ssh default .", "'--ssh default' without a file"), ("--squash .", "'--squash'"),
        ("--push .", "push step"), ("-o x .", "'-o'"), ("--output=x .", "'--output'"), ("--iidfile f .", "tag"),
        ("--cache-to type=gha .", "type=gha"), ("--builder b .", "'--builder'"), ("--no-such .", "'--no-such'"),
        ("-", "the context '-'"), ("git://example.com/r", "git://"), ("oci://r/a:b", "oci://"), ("ftp://a/b", "ftp://"),
        ("--network x .", "the network 'x'"), ("--cache-from type=gha .", "type=gha"), ("$CONTEXT", "'$CONTEXT'"),
        ("--provenance=true .", "attestations"),
    ])
    func `what is not translated is refused by name`(line: String, what: String) throws {
        let error = try #require(throws: TaskFileError.self) { try build(line) }

        #expect(error.code == .commandUnsupported)
        #expect(error.reason.contains(what), "\(error)")
    }

    @Test(arguments: [
        ("--network host .", "", StepPermission.hostNetwork), (".", "privileged: true", .privileged),
    ])
    func `S13 what reaches the host takes a permission`(line: String, properties: String, permission: StepPermission)
        throws
    {
        let error = try #require(throws: TaskFileError.self) { try build(line, properties) }

        #expect(error.code == .policyDenied)
        #expect(error.reason.contains("[\(permission.rawValue)]"))
        _ = try build(line, properties, allowing: [permission])
    }

    @Test(arguments: ["--platform beos .", "a b", "--secret id=a,env=NONE .", "--secret src=x .", "--ssh =x ."])
    func `a line that docker would not take is refused`(line: String) throws {
        #expect(try #require(throws: TaskFileError.self) { try build(line) }.code == .commandSyntax)
    }

    @Test func `every option of docker build is known`() {
        // `docker build --help` of docker 28.2 and buildx 0.20.
        let names = """
            add-host allow annotation attest build-arg build-context builder cache-from cache-to call cgroup-parent check
            compress cpu-period cpu-quota cpu-shares cpuset-cpus cpuset-mems debug disable-content-trust file force-rm
            iidfile isolation label load memory memory-swap metadata-file network no-cache no-cache-filter output platform
            progress provenance pull push quiet rm sbom secret security-opt shm-size ssh tag target ulimit
            """
        for name in names.split(whereSeparator: \.isWhitespace) {
            #expect(BuildCommand.kinds[String(name)] != nil, "\(name)")
        }
    }
}
