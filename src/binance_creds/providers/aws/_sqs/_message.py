"""Read messages of SQS: events of AWS Secrets Manager that EventBridge forwards.

Three kinds of event are read, bare or wrapped by SNS: `Secret Label Updated`, which Secrets Manager
sends itself, and those that a CloudTrail trail records of API calls and of rotations.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from binance_creds.providers._announcements import Announcement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["announced"]

_LONGEST: Final = 64 * 1024  # characters; an event of EventBridge is about one thousand
_CURRENT: Final = "AWSCURRENT"
_NAME: Final = re.compile(r"[\w/+=.@-]{1,512}", re.ASCII)  # API reference, CreateSecret, Name
_ARN: Final = re.compile(
    r"arn:[\w-]+:secretsmanager:[\w-]+:\d{12}:secret:([\w/+=.@-]{1,512}?)(?:-\w{6})?", re.ASCII
)
_VERSION: Final = re.compile(r"[\w-]{32,64}", re.ASCII)  # API reference, ClientRequestToken


def announced(bodies: Iterable[object]) -> list[Announcement]:
    """Return the announcements in the bodies, without repeats; any other body is ignored."""
    found = (_announcement_of(_document(_document(body))) for body in bodies)
    return list(dict.fromkeys(one for one in found if one is not None))


def _document(body: object) -> object:
    """Parse a body, or the one that SNS wrapped; return any other value unchanged."""
    if isinstance(body, dict) and body.get("Type") == "Notification":
        body = body.get("Message")
    if not isinstance(body, str) or len(body) > _LONGEST:
        return body
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _announcement_of(event: object) -> Announcement | None:
    members = _members(event)
    understand = _EVENTS.get(str(members.get("detail-type")))
    return understand(members, _members(members.get("detail"))) if understand else None


def _of_label(event: Mapping[str, Any], detail: Mapping[str, Any]) -> Announcement | None:
    """Source: Secrets Manager User Guide, Secret Label Updated event, 2026."""
    if detail.get("labelUpdated") != _CURRENT:
        return None
    return _announcement([detail.get("name"), *_items(event, "resources")], detail.get("versionId"))


def _of_call(_: Mapping[str, Any], detail: Mapping[str, Any]) -> Announcement | None:
    """Source: Secrets Manager User Guide, Match events with EventBridge: `arn` and `aRN` occur."""
    asked, answer = _members(detail.get("requestParameters")), detail.get("responseElements")
    version, labels = {
        "PutSecretValue": (
            asked.get("clientRequestToken"),
            _items(asked, "versionStages") or [_CURRENT],
        ),
        "UpdateSecretVersionStage": (asked.get("moveToVersionId"), [asked.get("versionStage")]),
    }.get(str(detail.get("eventName")), (None, []))
    if _CURRENT not in labels or detail.get("errorCode") is not None:
        return None
    names = [_members(answer).get(name) for name in ("arn", "aRN")]
    names += [asked.get(name) for name in ("arn", "aRN", "secretId")]
    return _announcement(names, version)


def _of_rotation(_: Mapping[str, Any], detail: Mapping[str, Any]) -> Announcement | None:
    """Source: Secrets Manager User Guide, CloudTrail entries; they do not name the version."""
    if detail.get("eventName") != "RotationSucceeded":
        return None
    more = _members(detail.get("additionalEventData"))
    return _announcement([more.get(name) for name in ("SecretId", "arn", "aRN")], None)


_EVENTS: Final[dict[str, Callable[[Mapping[str, Any], Mapping[str, Any]], Announcement | None]]] = {
    "Secret Label Updated": _of_label,
    "AWS API Call via CloudTrail": _of_call,
    "AWS Service Event via CloudTrail": _of_rotation,
}


def _announcement(names: Iterable[object], version: object) -> Announcement | None:
    """Return the announcement of the first value that is a secret's name or ARN."""
    for text in (name for name in names if isinstance(name, str)):
        arn = _ARN.fullmatch(text)
        if arn or _NAME.fullmatch(text):
            return Announcement("aws-sm", arn[1] if arn else text, _version(version))
    return None


def _version(value: object) -> str | None:
    return value if isinstance(value, str) and _VERSION.fullmatch(value) else None


def _members(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _items(value: Mapping[str, Any], name: str) -> list[Any]:
    items = value.get(name)
    return items if isinstance(items, list) else []
