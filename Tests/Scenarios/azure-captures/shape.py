"""Compares an answer with the captured one: what is there, of which kind, and the values that are not chance."""

# Values that follow from what was asked. All others are only of the same kind.
EXACT = set("""
type runType provisioningState isArchiveEnabled agentPoolName architecture os variant isSystemTask cpu count tier
imageNames isPushEnabled noCache dockerFilePath contextPath target taskFilePath valuesFilePath encodedTaskContent
isSecret schedule baseImageTriggerType updateTriggerEndpoint updateTriggerPayloadType sourceTriggerEvents repositoryUrl
branch sourceControlType tokenType scope logTemplate loginMode timeout task nameAvailable resourceManager
token_type roleAssignmentMode
""".split())

# Captured fields that need not be there.
OPTIONAL = set("""
systemData tags dataEndpointEnabled lastUpdatedTime startTime finishTime outputImages policies encryption
runErrorMessage updateTriggerToken token expires_in registry imageName imageSize configMediaType signed
changeableAttributes variant issuer message reason task agentPoolName baseImageDependencies principalId tenantId
""".split())

# Never shown unless the capture shows it.
SECRET = {"contextAccessToken", "token", "refreshToken", "password", "value"}


class Comparison:
    """Tells how an answer is none like the captured one.

    leave_out: fields that are not looked at. shows_secrets: whether the answer may hold secrets.
    """

    def __init__(self, leave_out=frozenset(), shows_secrets=False):
        self.leave_out, self.shows_secrets = leave_out, shows_secrets

    def differences(self, captured, actual, place):
        """Each a line of text."""
        if captured is None:
            return []
        if isinstance(captured, dict):
            return self._of_objects(captured, actual, place)
        if isinstance(captured, list):
            return self._of_lists(captured, actual, place)
        if _kind(captured) != _kind(actual):
            return [f"{place} is {actual!r}, not a {_kind(captured)} as in {captured!r}"]
        return []

    def _of_objects(self, captured, actual, place):
        if not isinstance(actual, dict):
            return [f"{place} is no object"]
        found = []
        for key, value in captured.items():
            where = f"{place}.{key}"
            if key in self.leave_out or value is None:
                continue
            if actual.get(key) is None:
                if key not in OPTIONAL and value not in ({}, []):
                    found.append(f"{where} is missing")
            elif key in EXACT and not _equal(value, actual[key]):
                found.append(f"{where} is {actual[key]!r}, not {value!r}")
            else:
                found += self.differences(value, actual[key], where)
        for key in SECRET & set(actual) - set(captured) if not self.shows_secrets else ():
            # A page's `value` is a list of resources.
            if actual[key] is not None and not isinstance(actual[key], list):
                found.append(f"{place}.{key} is shown")
        return found

    def _of_lists(self, captured, actual, place):
        if not isinstance(actual, list):
            return [f"{place} is no list"]
        if captured and not actual:
            return [f"{place} is empty"]
        if captured and isinstance(captured[0], dict) and "name" in captured[0]:
            by_name = {item.get("name"): item for item in actual if isinstance(item, dict)}
            pairs = [(item, by_name[item["name"]]) for item in captured if item["name"] in by_name]
            if pairs:
                return [
                    line for one, other in pairs
                    for line in self.differences(one, other, f"{place}[{one['name']}]")]
        # Two that are not the same one have only their form in common.
        form = Comparison(self.leave_out | EXACT, self.shows_secrets)
        return form.differences(captured[0], actual[0], f"{place}[0]") if captured else []


# A server may have done at once what the captured one was still doing.
_GOING_ON = {"Creating", "Updating", "Deleting"}


def _equal(captured, actual):
    if not isinstance(captured, str) or not isinstance(actual, str):
        return captured == actual
    return captured.lower() == actual.lower() or (captured in _GOING_ON and actual == "Succeeded")


def _kind(value):
    kinds = {bool: "truth value", int: "number", float: "number", str: "text", dict: "object", list: "list"}
    return kinds.get(type(value), "null")
