extension Setting {
    /// Images that tasks stand on.
    static let imageTriggers = [
        Setting(
            "triggers.imageInterval", default: .value("15m"), unit: "seconds, 1 min–1 d",
            environment: "SLIPWAY_TRIGGERS_IMAGE_INTERVAL",
            """
            How often a registry is asked for each image that tasks stand on. What runs push, and what registries notify, is \
            asked for at once.
            """),
        Setting(
            "triggers.imageHostBudget", default: .value("30"), unit: "questions a minute, 1–6000",
            environment: "SLIPWAY_TRIGGERS_IMAGE_HOST_BUDGET",
            "How often one registry is asked at most, unless it is one of `registries`."),
        Setting(
            "triggers.imageRuns", default: .value("10"), unit: "runs, 1–10000",
            environment: "SLIPWAY_TRIGGERS_IMAGE_RUNS",
            "How many runs that changed images have made may wait or be under way in each pool; more changes wait for these to end."
        ),
    ]
}
