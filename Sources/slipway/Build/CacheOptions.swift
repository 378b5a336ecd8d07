import ArgumentParser
import ResourceAPI
import TaskModel

/// Options about the cache of a build, spelled as docker's client spells them.
struct CacheOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "An image whose steps may be used, if it has a cache inside; give it again for more. One that is not there is no failure.",
            valueName: "image"))
    var cacheFrom: [String] = []

    @Option(
        help: ArgumentHelp(
            "Where the cache is written to: inline, into the image itself; or type=registry,ref=IMAGE, pushed under that name.",
            valueName: "inline|image"))
    var cacheTo: String?

    func validate() throws {
        do throws(CacheOptionError) {
            for text in cacheFrom { _ = try CacheOption.source(text) }
            if let cacheTo { _ = try CacheOption.target(cacheTo) }
        } catch {
            throw ValidationError("\(error).")
        }
    }

    /// Puts them into a request, checked as the server will check it.
    func apply(to request: inout DockerBuildRequest) throws {
        if !cacheFrom.isEmpty { request.cacheFrom = try cacheFrom.map(CacheOption.source) }
        switch try cacheTo.map(CacheOption.target) {
        case nil: break
        case .inline?: request.cacheTo = "inline"
        case .registry(let image, let isComplete)?:
            request.cacheTo = image
            if isComplete { request.cacheMode = "max" }
        }
        var complete = request
        complete.sourceLocation = "context"
        _ = try BuildRequest(complete)
    }
}
