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


def differences(captured, actual, place="answer", leave_out=frozenset()):
    """The ways in which the actual answer is no answer like the captured one, each a line of text."""
    if captured is None:
        return []
    if isinstance(captured, dict):
        return _of_objects(captured, actual, place, leave_out)
    if isinstance(captured, list):
        return _of_lists(captured, actual, place, leave_out)
    if isinstance(captured, bool) != isinstance(actual, bool) or _kind(captured) != _kind(actual):
        return [f"{place} is {actual!r}, not a {_kind(captured)} as in {captured!r}"]
    return []


def _of_objects(captured, actual, place, leave_out):
    if not isinstance(actual, dict):
        return [f"{place} is no object"]
    found = []
    for key, value in captured.items():
        where = f"{place}.{key}"
        if key in leave_out or value is None:
            continue
        if actual.get(key) is None:
            if key not in OPTIONAL and value not in ({}, []):
                found.append(f"{where} is missing")
        elif key in EXACT and not _equal(value, actual[key]):
            found.append(f"{where} is {actual[key]!r}, not {value!r}")
        elif key == "tags" and not isinstance(value, type(actual[key])):
            found.append(f"{where} is {actual[key]!r}")
        else:
            found += differences(value, actual[key], where, leave_out)
    for key in SECRET & set(actual) - set(captured):
        # A page's `value` is a list of resources.
        if actual[key] is not None and not isinstance(actual[key], list):
            found.append(f"{place}.{key} is shown")
    return found


def _of_lists(captured, actual, place, leave_out):
    if not isinstance(actual, list):
        return [f"{place} is no list"]
    if captured and not actual:
        return [f"{place} is empty"]
    if captured and isinstance(captured[0], dict) and "name" in captured[0]:
        by_name = {item.get("name"): item for item in actual if isinstance(item, dict)}
        pairs = [(item, by_name[item["name"]]) for item in captured if item["name"] in by_name]
        if pairs:
            return [line for one, other in pairs for line in differences(one, other, f"{place}[{one['name']}]", leave_out)]
    # Two that are not the same one have only their form in common.
    return differences(captured[0], actual[0], f"{place}[0]", leave_out | EXACT) if captured else []


def _equal(captured, actual):
    if isinstance(captured, str) and isinstance(actual, str):
        return captured.lower() == actual.lower()
    return captured == actual


def _kind(value):
    return {bool: "truth value", int: "number", float: "number", str: "text", dict: "object", list: "list"}.get(type(value), "null")
