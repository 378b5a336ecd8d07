"""Which captures are replayed, in which order, and which are not, and why.

A capture is what the Azure CLI sent for one command: Tests/Conformance/captures/NAME.json. Each is in one of the two
tables. The order is that of a day's work: what is asked about has been made before.
"""

REPLAYED = """
cloud-register login acr-list acr-show check-name show-usage credential-show credential-show-table
agentpool-create agentpool-create-sync agentpool-show agentpool-list agentpool-list-table
agentpool-show-queue-count agentpool-show-queue-count-table
build-local build-git-url build-failed build-no-push build-no-push-flag build-all-options build-local-over-64MiB
build-source-acr-auth-id build-with-resource-group cli-2.84.0-build
run-cmd run-cmd-timeout run-file run-file-options run-file-devnull run-no-logs pack-build pack-build-git
run-cmd-canceled
task-create-git-dockerfile task-create-github-pr task-create-no-commit-trigger task-create-schedule
task-create-devnull-cmd task-create-all-options task-create-user-identity task-create-toml-file task-create-quicktask
task-list task-list-table task-show task-show-secure task-show-not-found
task-run task-run-no-wait task-list-runs-filters task-cancel-run task-run-local-context
task-list-runs task-list-runs-table task-list-runs-image-digest task-list-runs-image-tag
task-show-run task-show-run-table task-show-run-not-found task-update-run
task-logs-run-id task-logs-failed-run task-logs-last task-logs-by-task task-logs-by-image task-logs-none
task-update-docker task-update-docker-many task-update-file-task task-update-cmd cli-2.84.0-task-update
task-update-source-trigger-client-bug task-update-timeout-only-encoded
timer-add timer-list timer-update timer-remove
credential-add credential-add-identity credential-update credential-list credential-remove
identity-assign identity-show identity-show-none identity-remove-user identity-remove-system identity-remove-all
taskrun-list taskrun-show taskrun-logs taskrun-delete
task-delete task-delete-missing
login-expose-token login-docker repository-list repository-show-tags manifest-list-metadata
check-health check-health-repository check-health-port
agentpool-update agentpool-delete agentpool-delete-no-wait agentpool-delete-missing
""".split()

NOT_REPLAYED = {
    "check-health-fail": "the client gives up before it asks the server",
    "cloud-set": "the client asks nothing",
    "task-create-missing-token": "the client refuses before it asks more than which registry it is",
    "logs-artifact-link": "the server gives a logLink, never a logArtifactLink",
    "task-run-overrides": "it gives values to a build, which has none: refused here. See azure-sdk for other overrides",
}

# Answers that the client takes as well, by the end of the path and the method.
ALSO_ACCEPTED = {
    ("PUT", "/agentPools/"): {200, 201},
    ("PATCH", "/agentPools/"): {200, 201},
    ("DELETE", "/agentPools/"): {202, 204},
    ("PATCH", "/tasks/"): {200, 201},
    ("DELETE", "/tasks/"): {200, 204},
}


def unread(path):
    """Fields of an answer that the client has no use for, and that need not be there."""
    if path.endswith("/resources"):
        return {"sku"}
    return set()


# What a capture shows of the server it was made with, not of what the client needs.
NOT_COMPARED = {
    # That one answered with the list which the client of this version stumbles over.
    "task-update-source-trigger-client-bug": {"sourceTriggers", "trigger"},
    # As the pools were at another time of that day.
    "agentpool-list": {"count"},
    "agentpool-list-table": {"count"},
    # A run of a task for arm64 and four processors is one for these.
    "task-run-no-wait": {"architecture", "cpu"},
    "task-list-runs": {"architecture", "cpu"},
    "task-list-runs-table": {"architecture", "cpu"},
    "task-list-runs-filters": {"architecture", "cpu"},
    "task-list-runs-image-digest": {"architecture", "cpu"},
    "task-list-runs-image-tag": {"architecture", "cpu"},
    # As its run was at another time of that day, with a task file that no server could carry out.
    "taskrun-list": {"status", "provisioningState", "encodedTaskContent", "startTime", "finishTime"},
    "taskrun-show": {"encodedTaskContent"},
    "taskrun-logs": {"encodedTaskContent"},
    # None at all is the same as the type None.
    "identity-remove-all": {"identity"},
    "identity-remove-user": {"identity"},
}
