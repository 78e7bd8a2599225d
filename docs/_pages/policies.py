"""The page of policies, of the packaged files and the model: docs/reference/policies.md."""

from __future__ import annotations

from _pages import package
from binance_creds.exchange import Policy, policy_named
from binance_creds.exchange._findings import PERMISSION_FIELDS
from binance_creds.exchange._policies._model import PolicyTable
from binance_creds.exchange._policies._permissions import KNOWN
from binance_creds.exchange._policies._reading import PACKAGED

FOLDER = package.SOURCE / package.ROOT / "exchange" / "_policies"
HEAD = """\
# Policies

A policy says what a key may and must not be able to do.
With `verify` and a policy, a pair is refused before it is used if its key does not fit; see [least privilege](../howto/keys/least-privilege.md).
This page is generated from the packaged policies by `make docs`.

"""
ENTRIES = """
## Entries

A policy file, and a table `[policies.NAME]` of a configuration, may have these entries; all are optional.

| entry | default | meaning |
|---|---|---|
"""
RULES = """
An unknown permission, a wrong type and a contradiction, such as a permission that is both required and forbidden, are errors that name the file and the entry.
With `base`, a permission that is listed moves from where the base has it, and any other entry replaces that of the base.

## What refuses a key

* A permission of `required` that the key lacks, or none of `one_of`.
* A permission of `forbidden` that the key has.
* A right to withdraw or transfer that the policy does not list, also one that Binance adds later. Any other right that is not listed is only reported.
* No IP restriction, where it is `required`. Where it is `recommended`, this is only reported.
* A market, an environment or a key type that is not listed.
* An age of more than `greatest_age_days`, by the date that the exchange has.
* A right to trade that has ended, where the policy requires one.

What the exchange does not say does not refuse a key: the spot testnet does not have the endpoint for permissions, and an answer may lack a field.
"""


def page() -> str:
    """Return the page."""
    parts = (HEAD, _uses(), _rights(), _meanings(), ENTRIES, _entries(), RULES)
    return "".join(parts)


def _uses() -> str:
    rows = [
        "| policy | for | markets | environments | IP restriction | replace after | refused after |",
        "|---|---|---|---|---|---|---|",
        *(_use(name) for name in PACKAGED),
    ]
    dates = {policy_named(name).date for name in PACKAGED}
    read = " and ".join(f"{date:%Y-%m-%d}" for date in sorted(dates))
    note = (
        f"The figures were read on {read}; the source is in the file of each policy.\n"
        "Where it names a range, a key is due at its beginning and refused after its end."
        " Where it names one figure, a key is refused at twice that age, so that a program with an"
        " overdue key still starts.\n"
    )
    return "\n".join(rows) + "\n\n" + note


def _use(name: str) -> str:
    policy = policy_named(name)
    every = len(policy.environments) == len(Policy.model_fields["environments"].default)
    cells = (
        f"`{name}`",
        _purpose(name),
        ", ".join(market.value for market in policy.markets),
        "all" if every else ", ".join(one.value for one in policy.environments),
        policy.ip_restriction,
        _days(policy.rotation_days),
        _days(policy.greatest_age_days),
    )
    return f"| {' | '.join(cells)} |"


def _purpose(name: str) -> str:
    """Return the first sentence of the comment with which a file begins."""
    lines = (FOLDER / f"{name}.toml").read_text(encoding="utf-8").splitlines()
    text = " ".join(line.removeprefix("# ") for line in lines if line.startswith("# "))
    return text.partition(".")[0]


def _days(days: int | None) -> str:
    return "-" if days is None else f"{days} days"


def _rights() -> str:
    """Return the permissions of each policy."""
    head = f"\n## Permissions\n\n| permission | {' | '.join(f'`{name}`' for name in PACKAGED)} |\n"
    rows = [
        f"| `{right}` | {' | '.join(_stand(policy_named(name), right) for name in PACKAGED)} |\n"
        for right in KNOWN
    ]
    return head + "|---" * (len(PACKAGED) + 1) + "|\n" + "".join(rows)


def _stand(policy: Policy, right: str) -> str:
    words = {"required": "required", "one_of": "one of", "allowed": "may", "forbidden": "no"}
    return next(word for entry, word in words.items() if right in getattr(policy, entry))


def _meanings() -> str:
    rows = [
        f"| `{right}` | `{PERMISSION_FIELDS[right]}` | {meaning} |\n"
        for right, meaning in KNOWN.items()
    ]
    head = "\n| permission | name at Binance | a key with it may |\n|---|---|---|\n"
    return head + "".join(rows)


def _entries() -> str:
    return "".join(
        f"| `{name}` | {_default(field.default)} | {' '.join(str(field.description).split())} |\n"
        for name, field in PolicyTable.model_fields.items()
    )


def _default(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(f"`{one.value}`" for one in value)
    return f"`{value}`" if value else "none"
