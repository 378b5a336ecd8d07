import Scheduling

extension SettingValues {
    /// How images below tasks are followed.
    func imageTriggers() throws(ConfigurationError) -> ImageTriggerSettings {
        ImageTriggerSettings(
            interval: try duration(
                "triggers.imageInterval", in: bool("triggers.allowShort") ? 1...86_400 : 60...86_400),
            hostBudget: try integer("triggers.imageHostBudget", in: 1...6000) ?? 30,
            runs: try integer("triggers.imageRuns", in: 1...10_000) ?? 10)
    }
}
