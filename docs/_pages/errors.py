"""The page of errors: what each code means, and each message with its fix."""

from __future__ import annotations

import ast
from dataclasses import replace

from _pages import package
from _pages.messages import ERRORS, UNKNOWN, Message, messages

HEAD = """\
# Errors

Every error is a `CredentialsError` and has a `code` that never changes, a `message` that says what was found, and often a `hint` that says what to do.
`source` names the source without its option values; for several sources, `attempts` lists what each of them answered.
No error carries a secret, the body of an answer, or the full URI of a source.

Search this page for the code, the `reason`, or a few words of the message.
An ellipsis (…) stands for what differs from case to case.
This page is generated from the source by `make docs`.

"""
# By code: what a chain of sources does, and what live credentials do.
STOPS = "stop being served, unless `on_denied` is `keep`; the source is asked twice"
KEEPS = "keep the current pair, with an event"
WAITS = "keep the current pair until `max_stale`"
BEHAVIOUR = {
    "invalid_argument": ("no", "are not created; later, as unavailable"),
    "not_installed": ("no", "are not created"),
    "not_found": ("yes", STOPS),
    "disabled": ("no", STOPS),
    "permission_denied": ("no", STOPS),
    "unauthenticated": ("no", f"log in again once, then {STOPS}"),
    "unavailable": ('only with `fallback = "unavailable"`', WAITS),
    "resource_exhausted": ('only with `fallback = "unavailable"`', WAITS),
    "malformed": ("no", KEEPS),
    "rejected": ("no", KEEPS),
    "conflict": ("-", "never meet it: only writing raises it"),
    "expired": ("-", "raise it from `.current` after `max_stale`"),
    "closed": ("-", "raise it after `close()`"),
}
# By code: what to do where the message has no advice of its own.
ADVICE = {
    "invalid_argument": "Correct the argument, the source, the configuration or the setting that the message names.",
    "not_installed": "Run the `pip install` command of the message.",
    "not_found": "Store the credentials where the message looked for them, or correct the name in the source.",
    "disabled": "Enable the secret or its version in the store, or store a new one.",
    "permission_denied": "Grant this identity or user the permission that the message names; for a file, correct its owner or mode.",
    "unauthenticated": "Log in again, or correct the login that the source, a variable or the machine provides.",
    "unavailable": "Try again later; check the address, the network and the status of the service. Raise `timeout_seconds` if the deadline was too short.",
    "resource_exhausted": "Poll less often. The delay that the store asks for is kept.",
    "malformed": "Correct what the source holds; nothing else than a complete, valid pair is used.",
    "rejected": "Check the new pair and its permissions at the exchange, and what your `verify` requires.",
    "conflict": "Read the store again, and decide anew whether what it holds is to be replaced.",
    "expired": "Make the source available again; the credentials are served as soon as it answers.",
    "closed": "Load new credentials, or create the object again.",
}
# By code: what the attributes of a class with reasons say.
REASONS = {
    "malformed": "`reason` says what is wrong with it, `field` where.",
    "rejected": "`reason` says what is wrong with it, and `is_certain` whether a later check will say the same; a refusal by something else than the exchange has no reason.",
}
PLACES = {
    "_config": "configuration",
    "_extras": "every extra",
    "_files": "files",
    "_refresh_policy": "refresh policy",
    "_time": "durations",
    "_uri": "source URI",
    "adapters": "adapters",
    "exchange": "check at the exchange",
    "live.push._redis": "Redis",
    "live.push": "push",
    "live": "live credentials",
    "providers.aws": "AWS",
    "providers.azure": "Azure",
    "providers.command": "command",
    "providers.google": "Google Cloud",
    "providers.keychain": "OS keychain",
    "providers.local": "files",
    "providers.memory": "memory",
    "providers.remote": "every store",
    "providers.signing.agent": "SSH agent",
    "providers.signing.token": "token (PKCS#11)",
    "providers.vault": "Vault, OpenBao",
    "providers": "sources",
}
WORDS = {
    "{store}": "the store",
    "{address}": "the address of the source",
    "{ca}": "the variable that names your CA",
    "{certificate}": "the variables of the client certificate",
    "{files}": "the variables of certificates",
    "{status}": "",
}


def page() -> str:
    """Return the page."""
    kinds = {name: node for name, node in ERRORS.items() if name != "CredentialsError"}
    found = messages()
    lines = [
        "| code | class | next source? | retryable? | live credentials |",
        "|---|---|---|---|---|",
    ]
    lines += [_overview(name, node) for name, node in kinds.items()]
    sections = [line for name, node in kinds.items() for line in _section(name, node, found)]
    return HEAD + "\n".join([*lines, "", *sections])


def code_of(node: ast.ClassDef) -> str:
    """Return the `code` of a class."""
    return ast.literal_eval(_attribute(node, "code"))


def _attribute(node: ast.ClassDef, name: str) -> ast.expr:
    """Return what a class or its base assigns to a name."""
    for one in node.body:
        match one:
            case ast.Assign(targets=[ast.Name(id=it)], value=value) if it == name:
                return value
            case ast.AnnAssign(target=ast.Name(id=it), value=ast.expr() as value) if it == name:
                return value
    return _attribute(ERRORS[ast.unparse(node.bases[0])], name)


def _overview(name: str, node: ast.ClassDef) -> str:
    code = code_of(node)
    again = "yes" if ast.literal_eval(_attribute(node, "retryable")) else "no"
    chain, live = BEHAVIOUR[code]
    return f"| [`{code}`](#{code}) | `{name}` | {chain} | {again} | {live} |"


def _section(name: str, node: ast.ClassDef, found: list[Message]) -> list[str]:
    code = code_of(node)
    meaning = package.first_paragraph(ast.get_docstring(node)).removeprefix("Raise when ")
    head = [f"## `{code}`", "", f"`{name}`: {meaning}", ADVICE[code], ""]
    rows = [one for one in found if one.kind == name]
    if not rows:
        return head
    if code in REASONS:
        return [*head, REASONS[code], "", *_by_reason(rows)]
    lines = sorted(
        {f"| {_place(one.module)} | {_cell(one.text)} | {_cell(one.fix)} |" for one in rows}
    )
    return [*head, "| from | message | what to do |", "|---|---|---|", *lines, ""]


def _by_reason(rows: list[Message]) -> list[str]:
    lines = []
    seen = set()
    for one in sorted({replace(one, module="") for one in rows}):
        anchor = "" if one.reason in {*seen, "-"} else f'<a id="reason-{one.reason}"></a>'
        seen.add(one.reason)
        lines.append(
            f"| {anchor}`{one.reason}` | {_cell(one.text or UNKNOWN)} | {_cell(one.fix)} |"
        )
    return ["| reason | message | what to do |", "|---|---|---|", *lines, ""]


def _place(module: str) -> str:
    """Return the name of the room that a message is from, for people."""
    inside = module.removeprefix(f"{package.ROOT}.")
    fits = (label for room, label in PLACES.items() if f"{inside}.".startswith(f"{room}."))
    return next(fits, "any")


def _cell(text: str) -> str:
    for word, meaning in WORDS.items():
        text = text.replace(word, meaning)
    for special in "\\|<*":
        text = text.replace(special, f"\\{special}")
    is_word = text.partition(" ")[0].isalpha()  # and not a name, such as private_key
    return text[:1].upper() + text[1:] if is_word else text
