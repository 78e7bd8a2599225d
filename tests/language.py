"""The language of messages: sentences, in usual letters, with names written as their owners do."""

from __future__ import annotations

import re

from support import caught

from binance_creds.errors import CredentialsError

CAPITALS = set(
    "API AWS BEGIN DER HMAC HTML JSON KMS LFS NUL PEM PKCS RSA TOML URL XML YAML".split()
)
ALSO_WORDS = {"BINANCE", "END", "NAME", "PATH"}
MIXED = {
    "CloudFormation",
    "HashiCorp",
    "JavaScript",
    "LoadCredential",
    "NoneType",
    "OpenPGP",
    "OpenSSH",
    "PuTTY",
    "PuTTYgen",
}
MIXED_FIELDS = {"accessKey", "apiKey", "privateKey"}
NAMES = {"binance", "docker", "google", "openssh", "putty"}  # each begins with a capital
WORD = re.compile(r"(?<![\w./$:'-])[A-Za-z]{2,}(?![\w/:'-]|\.\w)")  # no path, name or option
COMMAND = re.compile(r": [a-z-]+ [-.\w/' \[\]]+$")


def refusal(call, *arguments, **options) -> CredentialsError:
    """Return the error of a call, after a look at its language."""
    error = caught(call, *arguments, **options)
    assert isinstance(error, CredentialsError)
    assert re.match(r"[a-z]|[A-Z0-9]+_", error.message)
    assert error.message.endswith(".")
    assert re.match(r"[A-Z][a-z ]", error.hint)
    assert error.hint.endswith((".", ":")) or COMMAND.search(error.hint)
    for text in (error.message, error.hint):
        assert_usual_letters(text)
    return error


def assert_usual_letters(text: str) -> None:
    words = set(WORD.findall(text))
    assert {word for word in words if word.isupper()} <= CAPITALS | ALSO_WORDS, text
    assert not {word.upper() for word in words if word.islower()} & CAPITALS, text
    mixed = {word for word in words if re.search("[a-z][A-Z]|[A-Z]{2}[a-z]", word)}
    assert mixed <= MIXED | MIXED_FIELDS, text
    assert not NAMES & {*re.findall(r"(?<![\w./$:-])[a-z]+(?![\w/:-]|\.\w)", text)}, text
