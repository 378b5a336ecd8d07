import Forges
import Foundation
import Storage
import TaskModel

/// A commit that a trigger may make a run of, whoever told of it.
struct SourceChange: Sendable, Hashable {
    /// What told of it: a delivery, or a look at the repository.
    var id: String
    var kind: SourceEvent.Kind
    /// Of an annotated tag it may be the tag's own id, unless ``isPeeled``; of Bitbucket's pull requests its first digits.
    var commit: String
    /// In full.
    var ref: String
    /// The branch that was pushed to, or that a pull request is for; nil for a tag.
    var branch: String?
    /// A commit that the changes are told against; nil if there is none, or nobody knows.
    var base: String?
    /// The last commit that a pull request and the branch it is for both have, if it is known.
    var mergeBase: String?
    var pullRequest: String?
    var isFork = false
    /// Whether it is known to be a commit.
    var isPeeled = false
    /// The whole message of the commit, if it is known.
    var message: String?
    /// A pull request's.
    var title: String?
    /// Of the repository, if it is known.
    var defaultBranch: String?
    var forge: ForgeKind?
    /// When it was told; nil for what is to run though its ref may lead elsewhere by now.
    var toldTime: Date?

    var tag: String? { ref.hasPrefix("refs/tags/") ? String(ref.dropFirst("refs/tags/".count)) : nil }

    var isAbbreviated: Bool { commit.utf8.count < 40 }

    /// Whether its ref is a branch of the fork, which the repository may have under the same name.
    var isOnForksBranch: Bool { isFork && ref.hasPrefix(Self.heads) }

    /// What was done to a branch; nil for anything else. Of tags the ids that looks see are not told.
    var push: SeenPush? {
        guard kind == .commit, branch != nil, !isAbbreviated else { return nil }
        return SeenPush(ref: ref, before: base, after: commit)
    }

    /// The same whoever tells of it, and however often.
    var occurrence: String { ([kind.rawValue] + [pullRequest, commit, ref].compactMap(\.self)).joined(separator: " ") }

    /// Among what was told of the same ref of a repository, or of the same pull request.
    func place(in repository: String) -> RunCause.Place? {
        toldTime.map {
            RunCause.Place(
                ([kind.rawValue] + [pullRequest, ref, repository].compactMap(\.self)).joined(separator: " "), time: $0)
        }
    }

    /// Whether an approval is for this commit, of which the first digits alone may be known yet.
    func isApproved(by approved: String?) -> Bool {
        approved.map { $0 == commit || isAbbreviated && $0.hasPrefix(commit) } ?? false
    }
}

extension SourceChange {
    private static let heads = "refs/heads/"

    /// What was pushed; nil for a ref that was removed.
    init?(_ event: PushEvent, id: String, forge: ForgeKind? = nil) {
        guard let commit = event.after, !Self.isNothing(commit) else { return nil }
        self.init(
            id: id, kind: .commit, commit: commit, ref: event.ref,
            branch: event.ref.hasPrefix(Self.heads) ? String(event.ref.dropFirst(Self.heads.count)) : nil,
            base: event.before.flatMap { Self.isNothing($0) ? nil : $0 }, message: event.message,
            defaultBranch: event.repository.defaultBranch, forge: forge)
    }

    init(_ event: PullRequestEvent, id: String, forge: ForgeKind? = nil) {
        self.init(
            id: id, kind: .pullRequest, commit: event.head, ref: event.ref, branch: event.targetBranch,
            base: event.base, mergeBase: event.mergeBase,
            pullRequest: event.number, isFork: event.isFork, title: event.title,
            defaultBranch: event.repository.defaultBranch, forge: forge)
    }

    /// git's own id of no commit.
    private static func isNothing(_ commit: String) -> Bool {
        commit.utf8.allSatisfy { $0 == UInt8(ascii: "0") }
    }
}
