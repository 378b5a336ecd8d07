"""Uses a server through Azure's SDK, whichever generation is installed; a line for each check.

    client.py BASE     an image with busybox; the server's settings are in ACRT_… variables
"""

import base64
import contextlib
import io
import os
import sys
import tarfile
import time

import requests
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

import clients

BASE = sys.argv[1]
REGISTRY = os.environ["ACRT_REGISTRY"]
ENDED = {"Succeeded", "Failed", "Canceled", "Error", "Timeout"}


@contextlib.contextmanager
def check(text):
    """A check: what fails in the block fails it, and the next one is gone on with."""
    try:
        yield
    except Exception as error:
        message = " ".join(str(error).split())
        print(f"FAIL {text}: {type(error).__name__} {message[:300]}", flush=True)
    else:
        print(f"ok {text}", flush=True)


def expect(condition, value):
    if not condition:
        raise AssertionError(repr(value))


def context(dockerfile):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in {"Dockerfile": dockerfile, "file": "some text\n"}.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content.encode()))
    return packed.getvalue()


class Session:
    def __init__(self, client):
        self.client, self.models = client, client.models
        self.registry = next(item for item in client.registries.list() if item.name == REGISTRY)
        self.group = self.registry.id.split("/")[4]
        self.place = (self.group, REGISTRY)
        self.platform = self.models.PlatformProperties(os="Linux", architecture="amd64")

    def upload(self, content):
        source = self.client.scheduling.get_build_source_upload_url(*self.place)
        answer = requests.put(
            source.upload_url, data=content, headers={"x-ms-blob-type": "BlockBlob"}, timeout=60)
        expect(answer.status_code == 201, answer.text)
        return source.relative_path

    def build(self, dockerfile, **fields):
        request = self.models.DockerBuildRequest(
            source_location=self.upload(context(dockerfile)), docker_file_path="Dockerfile", platform=self.platform,
            **fields)
        return self.client.schedule(*self.place, request)

    def wait(self, run, statuses, seconds=120):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = self.client.runs.get(*self.place, run)
            if found.status in statuses or found.status in ENDED:
                return found
            time.sleep(0.2)
        raise TimeoutError(f"{run} is {found.status} after {seconds} s")

    def values(self, is_secret=False, **values):
        """Values for the template of a task file, under the name that this generation has for them."""
        return {self.client.values: [
            self.models.SetValue(name=name, value=value, is_secret=is_secret) for name, value in values.items()]}

    def log(self, run):
        link = self.client.runs.get_log_sas_url(*self.place, run).log_link
        return requests.get(link, timeout=60).text


def registries(session):
    with check("gets the registry"):
        found = session.client.registries.get(*session.place)
        expect(found.login_server and found.sku.name in ("Basic", "Standard", "Premium"), found)
    with check("a registry that is not there is a ResourceNotFoundError"):
        try:
            session.client.registries.get(session.group, "nosuchregistry")
            raise AssertionError("found it")
        except ResourceNotFoundError as error:
            expect(error.error.code and error.error.message, error)


def runs(session):
    image = f"azure-sdk/{int(time.time() * 1000)}"
    built = None
    with check("builds an uploaded context"):
        queued = session.build("FROM scratch\nCOPY file /\n", image_names=[image + ":1"], is_push_enabled=True)
        built = session.wait(queued.run_id, {"Succeeded"})
        expect(built.status == "Succeeded" and built.run_type == "QuickBuild" and built.finish_time, built)
        expect([(item.repository, item.tag) for item in built.output_images] == [(image, "1")], built.output_images)
    with check("reads its log"):
        log = session.log(built.run_id)
        expect(built.run_id in log and "\r\n" in log, log)
    with check("lists runs by status, newest first"):
        found = list(session.client.runs.list(*session.place, filter="Status eq 'Succeeded'", top=5))
        expect(found and found[0].run_id == built.run_id and all(run.status == "Succeeded" for run in found), found)
    with check("lists runs of an image by its digest"):
        digest = built.output_images[0].digest
        found = list(session.client.runs.list(
            *session.place, filter=f"contains(OutputImageManifests, '{image}@{digest}')", top=5))
        expect([run.run_id for run in found] == [built.run_id], found)
    with check("follows the pages of all runs"):
        found = [run.run_id for run in session.client.runs.list(*session.place)]
        expect(built.run_id in found and len(found) == len(set(found)), found)
    with check("updates a run"):
        parameters = session.models.RunUpdateParameters(is_archive_enabled=True)
        found = session.client.update_run(*session.place, built.run_id, parameters)
        expect(found.is_archive_enabled is True, found)
    with check("cancels a running build"):
        queued = session.build(f"FROM {BASE}\nRUN echo {time.time()}; sleep 300\n", is_push_enabled=False)
        session.wait(queued.run_id, {"Running"})
        session.client.cancel(*session.place, queued.run_id)
        ended = session.wait(queued.run_id, {"Canceled"})
        expect(ended.status == "Canceled", ended)
    with check("cancels what has ended, without an error"):
        session.client.cancel(*session.place, built.run_id)
    with check("a run that is not there is a ResourceNotFoundError"):
        try:
            session.client.runs.get(*session.place, "nosuchrun")
            raise AssertionError("found it")
        except ResourceNotFoundError:
            pass
    with check("a wrong request is an HttpResponseError with a code"):
        try:
            session.build("FROM scratch\n", image_names=["Not A Name"], is_push_enabled=True)
            raise AssertionError("took it")
        except HttpResponseError as error:
            expect(error.status_code == 400 and error.error.code and error.error.message, error)


def steps(session):
    text = f"version: v1.1.0\nsteps:\n  - cmd: {BASE} echo hello-from-{{{{.Values.WHO}}}}\n"
    content = base64.b64encode(text.encode()).decode()
    with check("runs a task file"):
        request = session.models.EncodedTaskRunRequest(
            encoded_task_content=content, platform=session.platform, **session.values(WHO="step"))
        ended = session.wait(session.client.schedule(*session.place, request).run_id, {"Succeeded"})
        expect(ended.status == "Succeeded" and ended.run_type == "QuickRun", ended)
        expect("hello-from-step" in session.log(ended.run_id), session.log(ended.run_id))
    return content


def tasks(session, content):
    models, client, name = session.models, session.client, f"sdk{int(time.time())}"
    place = (*session.place, name)
    with check("creates a task"):
        created = client.create_task(*place, models.Task(
            location=session.registry.location, platform=session.platform, status="Enabled",
            step=models.EncodedTaskStep(
                encoded_task_content=content, **session.values(is_secret=True, WHO="very secret")),
            trigger=models.TriggerProperties(
                timer_triggers=[models.TimerTrigger(name="t1", schedule="0 21 * * *", status="Enabled")])))
        expect(created.name == name and created.provisioning_state == "Succeeded", created)
    with check("gets it, without its secrets"):
        found = client.tasks.get(*place)
        expect(found.step.encoded_task_content == content, found)
        expect(not getattr(found.step, client.values)[0].value, found)
    with check("gets its details, with its secrets"):
        found = client.tasks.get_details(*place)
        expect(getattr(found.step, client.values)[0].value == "very secret", found)
    with check("updates it"):
        found = client.update_task(*place, models.TaskUpdateParameters(
            trigger=models.TriggerUpdateParameters(timer_triggers=[
                models.TimerTriggerUpdateParameters(name="t2", schedule="0 1 * * *", status="Disabled")])))
        expect([timer.name for timer in found.trigger.timer_triggers] == ["t1", "t2"], found)
    with check("runs it"):
        task_id = client.tasks.get(*place).id
        request = models.TaskRunRequest(task_id=task_id)
        ended = session.wait(client.schedule(*session.place, request).run_id, {"Succeeded"})
        expect(ended.status == "Succeeded" and ended.task == name, ended)
    with check("runs it with other values"):
        override = models.OverrideTaskStepProperties(**session.values(WHO="elsewhere"))
        request = models.TaskRunRequest(task_id=task_id, override_task_step_properties=override)
        ended = session.wait(client.schedule(*session.place, request).run_id, {"Succeeded"})
        expect("hello-from-elsewhere" in session.log(ended.run_id), session.log(ended.run_id))
    with check("lists its runs"):
        found = list(client.runs.list(*session.place, filter=f"TaskName eq '{name}'", top=5))
        expect(len(found) == 2 and found[0].task == name, found)
    with check("lists tasks"):
        expect(name in [task.name for task in client.tasks.list(*session.place)], name)
    with check("deletes it"):
        client.delete_task(*place)
        expect(name not in [task.name for task in client.tasks.list(*session.place)], name)


def pools(session):
    models, client, name = session.models, session.client, f"p{int(time.time())}"
    place = (*session.place, name)
    with check("creates a pool"):
        created = client.pools.begin_create(*place, models.AgentPool(
            location=session.registry.location, count=1, tier="S1", os="Linux")).result(120)
        expect(created.name == name and created.provisioning_state == "Succeeded", created)
    with check("lists pools"):
        expect(name in [pool.name for pool in client.pools.list(*session.place)], name)
    with check("asks for a pool's queue"):
        expect(client.pools.get_queue_status(*place).count == 0, name)
    with check("updates a pool"):
        updated = client.pools.begin_update(*place, models.AgentPoolUpdateParameters(count=0)).result(120)
        expect(updated.count == 0, updated)
    with check("deletes a pool"):
        client.pools.begin_delete(*place).result(120)
        end = time.monotonic() + 60
        while name in [pool.name for pool in client.pools.list(*session.place)]:
            expect(time.monotonic() < end, "it is still there after 60 s")
            time.sleep(0.5)


def main():
    session = Session(clients.connect())
    registries(session)
    runs(session)
    content = steps(session)
    tasks(session, content)
    pools(session)


main()
