public import TaskModel

/// Something in a task that reaches beyond its steps' own containers, and the permission that it takes.
public struct StepNeed: Sendable, Hashable {
    public let permission: StepPermission
    /// As written, without a verb: `'--privileged'`, `the volume 'x'`.
    public let what: String
    /// How to do without, as a sentence.
    let alternative: String?

    init(_ permission: StepPermission, _ what: String, alternative: String? = nil) {
        self.permission = permission
        self.what = what
        self.alternative = alternative
    }

    /// Why a policy refuses it, and what to do about it.
    var refusal: String {
        "\(what) needs the permission '\(permission.rawValue)', which the policy of the agent pool does not give"
            + " (the server's setting pools[].policy.allow: [\(permission.rawValue)])"
            + (alternative.map { ". " + $0 } ?? "")
    }
}
