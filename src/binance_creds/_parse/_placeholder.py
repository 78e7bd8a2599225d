"""Recognise what stands where a key should be: a template, a reference, a path."""

from __future__ import annotations

import re
from typing import Final, NamedTuple, NoReturn

from binance_creds._parse._base64 import from_base64
from binance_creds._parse._clean import refuse_comment
from binance_creds._secret import cut
from binance_creds.errors import MalformedSecretError

__all__ = ["refuse_pasted", "refuse_placeholder", "refuse_unresolved"]

# Of bytes: a value is judged where it lies, without a copy.
_VARIABLE: Final = (
    rb".*(\$\{|\$\(|\{\{|%\().*|\$[A-Z_][A-Z0-9_]*|%[A-Z_][A-Z0-9_]*%|#\{.*\}#?"
    rb"|`(?![A-Za-z0-9]{64}`).*`"  # around a key it is a quote, as some dialects of .env have it
)
_DOLLAR: Final = rb".*\$(?!env:)[A-Za-z_].*"  # in no key, but maybe in a passphrase
_TEMPLATE: Final = (
    rb"(?i)<.*>|\[.*\]"
    rb"|(.[\x80-\xbf]*)\1*"  # one character all over
    rb"|[x*.#_-]+"  # groups of fillers
    rb"|(your|my|the|insert|enter|paste|replace|put)[-_ ].*"
    rb"|(your|my)?(binance)?[-_]?(api)?[-_]?(key|secret)([-_]?here)?"
    rb"|your(api|secret|key|binance|private)[\w\x80-\xff]*"
    rb"|change[-_]?me|placeholder|todo|fixme|none|null|undefined|example|dummy|test"
)


class _Reference(NamedTuple):
    """What a tool writes for a value that is elsewhere, and whose it is."""

    pattern: bytes
    owner: str
    source: str | None = None  # what reads the same here


_REFERENCES: Final = (
    _Reference(rb"(?i)op://", "1Password"),
    _Reference(rb"(?i)ref\+[a-z0-9]+://", "vals"),
    _Reference(rb"(?i)arn:aws[a-z-]*:(secretsmanager|ssm):", "AWS", "aws-sm:arn:..."),
    _Reference(rb"(?i)\{\{resolve:", "AWS CloudFormation", "aws-sm://..."),
    _Reference(rb"(?i)(>>)?(vault|bao):|<path:", "HashiCorp Vault", "vault://..."),
    _Reference(rb"(?i)projects/[^/]+/(locations/[^/]+/)?secrets/", "Google Cloud", "gcp-sm:..."),
    _Reference(rb"(?i)(sm|berglas|gcp:secretmanager)://", "Google Cloud", "gcp-sm://..."),
    _Reference(rb"(?i)@Microsoft\.(KeyVault|AppConfiguration)\(", "Azure Key Vault", "azure-kv://..."),
    _Reference(rb"(?i)https://[^/]+\.vault\.(azure|usgovcloudapi)\.", "Azure Key Vault", "azure-kv://..."),
    _Reference(rb"(?i)secretref:|keyvaultref:", "Azure"),
    _Reference(
        rb"(?i)ENC\[|ENC\(|EJ\[|encrypted:|\$ANSIBLE_VAULT;|!vault\b", "a tool that encrypts"
    ),
    _Reference(
        rb"(env|dotenv|file|keyring|aws-sm|vault|openbao|gcp-sm|azure-kv|memory|command):",
        "this library", "it as the source",
    ),
    _Reference(
        rb"(?i)(awssm|ssm|secretsmanager|doppler|infisical|bws|conjur):|!var\b", "a secret store"
    ),
    _Reference(rb"(?i)[a-z][a-z0-9+.-]*://", "another tool"),
)  # fmt: skip
_PATH: Final = (
    rb"(~|\.{1,2})?/[^\n]*|[A-Za-z]:[\\/][^\n]*|\\\\[^\n]*"
    rb"|[^\n]+\.(?i:pem|key|der|p8|p12|pfx|ppk|crt|cer|pub|txt|json|toml|env)|id_(ed25519|rsa)"
)

# A name of a field, as variables, JSON and headers have it, before what it names.
_NAMED: Final = (
    rb"(?i)[\s{\"'`]*(export\s+|set\s+|\$env:)?[\w-]{0,32}(key|secret)[\w-]{0,8}[\"'`]?\s*[=:].*"
)
_AROUND: Final = rb"([!-/:-@\[-`{-~]*)[A-Za-z0-9]{64}((?:[!-/:-@\[-`{-~\s]|\\[nrt])*)"
# A value, and behind it another one or the name of one, as on a line with both halves.
_FURTHER: Final = (
    rb"[\"']?[A-Za-z0-9]{64}[\"']?[\s;,:|&]+"
    rb"(\S*\s+)?[\"']?([A-Za-z0-9]{64}\b|[\w-]{0,32}(?i:key|secret)[\w-]{0,8}[\"']?\s*[=:]).*"
)
_CONTINUED: Final = rb".*[^\\]\\\s*"
_BASE64_OF_KEY: Final = rb"[A-Za-z0-9+/]{86}[A-Za-z0-9+/=]{0,2}"
_MARKS: Final = {
    **dict.fromkeys(b"\"'`", "a quote"),
    ord(","): "a comma",
    ord(";"): "a semicolon",
    ord("\\"): "a backslash",
}


def refuse_pasted(plain: bytes | bytearray, field: str) -> None:
    """Refuse a key or HMAC secret that was copied together with what stood around it.

    The caller raises anew: this frame holds plaintext.

    Raises:
        MalformedSecretError: reason `pasted` or `comment`.
    """
    refuse_comment(plain, field)
    _refuse_others(plain, field)
    if _is_key_in_base64(plain):
        _refuse_copied(
            f"{field} is base64 of its value.", "Decode it first, and store what comes out.", field
        )
    around = re.fullmatch(_AROUND, plain)
    if around is not None and (around[1] or around[2]):
        mark = _MARKS.get((around[1] or around[2])[0], "punctuation")
        where = "before" if around[1] else "after"
        _refuse_copied(
            f"{field} has {mark} {where} its value.",
            "Remove it: the value is 64 letters and digits.",
            field,
        )


def _refuse_others(plain: bytes | bytearray, field: str) -> None:
    """Refuse a value beside which there is another text, or a part of its own is missing."""
    if re.match(_NAMED, plain, re.DOTALL):
        _refuse_copied(
            f"{field} has a name before its value.",
            "Write the value alone, without the name.",
            field,
        )
    if re.fullmatch(_FURTHER, plain, re.DOTALL):
        _refuse_copied(
            f"{field} has another value behind its own.",
            "Write each into a line or field of its own.",
            field,
        )
    if re.fullmatch(_CONTINUED, plain, re.DOTALL) and not re.fullmatch(_AROUND, plain):
        _refuse_copied(
            f"{field} ends with a backslash.",
            "Write the value on one line: lines are not joined here.",
            field,
        )


def _refuse_copied(message: str, hint: str, field: str) -> NoReturn:
    raise MalformedSecretError(message, reason="pasted", field=field, hint=hint)


def _is_key_in_base64(plain: bytes | bytearray) -> bool:
    if not re.fullmatch(_BASE64_OF_KEY, plain):
        return False
    decoded = from_base64(cut(plain, 0, len(plain)))
    return decoded is not None and re.fullmatch(rb"\w{64}\s*", decoded) is not None


def refuse_placeholder(plain: bytes | bytearray, field: str) -> None:
    """Refuse a value that is still a template, or stands for one that is elsewhere.

    A pattern needs a character or a whole word that 64 random letters and digits do not make.
    The caller raises anew: this frame holds plaintext.

    Raises:
        MalformedSecretError: reason `unresolved_reference`, `path`, `unexpanded_variable` or
            `placeholder`.
    """
    refuse_unresolved(plain, field)
    if re.fullmatch(_DOLLAR, plain, re.DOTALL):
        _refuse_unexpanded(field)
    if re.fullmatch(_TEMPLATE, plain):
        raise MalformedSecretError(
            f"{field} is still a placeholder.",
            reason="placeholder",
            field=field,
            hint="Put the real value there.",
        )


def refuse_unresolved(plain: bytes | bytearray, field: str) -> None:
    """Refuse a value that only says where the real one is.

    Raises:
        MalformedSecretError: reason `unresolved_reference`, `path` or `unexpanded_variable`.
    """
    found = next((row for row in _REFERENCES if re.match(row.pattern, plain)), None)
    if found is not None:
        way = f" (or load {found.source})" if found.source else ""
        raise MalformedSecretError(
            f"{field} holds a reference of {found.owner} that nothing has resolved.",
            reason="unresolved_reference",
            field=field,
            hint=f"Let the tool that resolves it write the value{way}.",
        )
    if re.fullmatch(_PATH, plain):
        raise MalformedSecretError(
            f"{field} holds a path instead of a value.",
            reason="path",
            field=field,
            hint=f"Name the file in BINANCE_{field.upper()}_FILE, or load its folder with file:.",
        )
    if re.fullmatch(_VARIABLE, plain, re.DOTALL):
        _refuse_unexpanded(field)


def _refuse_unexpanded(field: str) -> NoReturn:
    raise MalformedSecretError(
        f"{field} holds a variable or command that nothing has replaced.",
        reason="unexpanded_variable",
        field=field,
        hint="This library expands no variables; let the tool that writes the value do it.",
    )
