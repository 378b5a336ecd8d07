import TaskModel

/// The whole name of an image that a build request names: without a registry that of the run is meant.
struct OutputName {
    let image: ImageReference

    /// Nil for a name that no image can have: its run fails.
    init?(_ name: String, of registry: Registry, _ settings: SchedulingSettings) {
        let server = registry.loginServer.lowercased()
        let first = name.contains("/") ? name.prefix { $0 != "/" }.lowercased() : ""
        let isWhole = first == server || first == ImageReference.dockerHub || settings.registry(at: first) != nil
        guard let image = try? ImageReference(isWhole ? name : server + "/" + name), image.digest == nil else {
            return nil
        }
        self.image = image.tagged
    }
}
