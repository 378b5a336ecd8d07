"""The same calls in two generations of the SDK."""

import os


class Newest:
    """azure-mgmt-containerregistry 15 and azure-mgmt-containerregistrytasks 1."""

    values = "values_property"  # its objects are dictionaries, too

    def __init__(self, credential, subscription, **options):
        from azure.mgmt.containerregistry import ContainerRegistryManagementClient
        from azure.mgmt.containerregistrytasks import ContainerRegistryTasksMgmtClient, models

        self.models = models
        self.registries = ContainerRegistryManagementClient(credential, subscription, **options).registries
        client = ContainerRegistryTasksMgmtClient(credential, subscription, **options)
        self.scheduling, self.runs, self.tasks, self.pools = (
            client.registries, client.runs, client.tasks, client.agent_pools)

    def schedule(self, *arguments):
        return self.scheduling.schedule_run(*arguments)

    def cancel(self, *arguments):
        return self.runs.cancel(*arguments)

    def update_run(self, group, registry, run, parameters):
        return self.runs.update(group, registry, run, parameters)

    def create_task(self, *arguments):
        return self.tasks.create(*arguments)

    def update_task(self, *arguments):
        return self.tasks.update(*arguments)

    def delete_task(self, *arguments):
        return self.tasks.delete(*arguments)


class Older:
    """azure-mgmt-containerregistry 10, where the versions of the API are packages."""

    values = "values"

    def __init__(self, credential, subscription, **options):
        from azure.mgmt.containerregistry import ContainerRegistryManagementClient

        version = "2019-06-01-preview"
        self.models = ContainerRegistryManagementClient.models(version)
        self.registries = ContainerRegistryManagementClient(credential, subscription, **options).registries
        client = ContainerRegistryManagementClient(credential, subscription, api_version=version, **options)
        self.scheduling, self.runs, self.tasks, self.pools = (
            client.registries, client.runs, client.tasks, client.agent_pools)

    def schedule(self, *arguments):
        return self.scheduling.begin_schedule_run(*arguments).result(60)

    def cancel(self, *arguments):
        return self.runs.begin_cancel(*arguments).result(60)

    def update_run(self, *arguments):
        return self.runs.begin_update(*arguments).result(60)

    def create_task(self, *arguments):
        return self.tasks.begin_create(*arguments).result(60)

    def update_task(self, *arguments):
        return self.tasks.begin_update(*arguments).result(60)

    def delete_task(self, *arguments):
        return self.tasks.begin_delete(*arguments).result(60)


def connect():
    """The client that is installed, logged in with the scenario's settings, and the subscription's id."""
    from azure.identity import ClientSecretCredential

    server = os.environ["ACRT_URL"]
    credential = ClientSecretCredential(
        os.environ["ACRT_TENANT"], os.environ["ACRT_CLIENT_ID"], os.environ["ACRT_CLIENT_SECRET"],
        authority=server, disable_instance_discovery=True)
    subscription = _subscription(server, credential.get_token(server + "/.default").token)
    try:
        import azure.mgmt.containerregistrytasks  # noqa: F401
        generation = Newest
    except ImportError:
        generation = Older
    return generation(credential, subscription, base_url=server, credential_scopes=[server + "/.default"])


def _subscription(server, token):
    import requests

    answer = requests.get(
        server + "/subscriptions?api-version=2022-12-01", headers={"Authorization": f"Bearer {token}"}, timeout=60)
    return answer.json()["value"][0]["subscriptionId"]
