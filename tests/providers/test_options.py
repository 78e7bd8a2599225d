"""An option is honoured or refused, wherever in a source of whichever scheme it stands."""

from __future__ import annotations

import pytest
from support import caught, pair

from binance_creds import load_credentials
from binance_creds.errors import ConfigurationError
from binance_creds.live.push._registry import change_source_for
from binance_creds.providers import memory
from binance_creds.providers._options import SCHEMES

LOCATIONS = {
    "aws-sm": "binance", "azure-kv": "my-vault/binance", "command": "main", "dotenv": ".env", "env": "BINANCE", "file": "pair.json",
    "gcp-sm": "my-project/binance", "keyring": "binance/main", "memory": "bot", "openbao": "secret/binance",
    "vault": "secret/binance",
}  # fmt: skip
PUSHES = {
    "pubsub": "my-project/bot", "redis": "redis.internal", "rediss": "redis.internal", "signal": "SIGHUP",
    "sqs": "https://sqs.eu-west-1.amazonaws.com/123456789012/bot",
    "storage-queue": "https://account.queue.core.windows.net/bot",
}  # fmt: skip
MISPLACED = {
    "behind the member": ("#main?{option}=x", "options stand before '#'"),
    "as a member": ("#{option}=x", "options stand before '#'"),
    "as a second member": ("#main&{option}=x", "options stand before '#'"),
    "without a question mark": ("&{option}=x", "behind '?'"),
    "with two question marks": ("?{option}=x?{option}=y", "separated by '&'"),
    "behind a semicolon": ("?{option}=x;{option}=y", "separated by '&'"),
    "behind a comma": ("?{option}=x,{option}=y", "separated by '&'"),
    "without a value": ("?{option}=", "has no value"),
    "without a member": ("#", "nothing stands behind '#'"),
}


@pytest.fixture(autouse=True)
def pair_of_the_bot(tmp_path, monkeypatch):
    """Let what ignores an option find another pair."""
    monkeypatch.chdir(tmp_path)
    fields = pair()
    (tmp_path / ".env").touch(0o600)
    (tmp_path / ".env").write_text(
        "".join(f"BINANCE_{name.upper()}={value}\n" for name, value in fields.items())
    )
    for name, value in fields.items():
        monkeypatch.setenv(f"BINANCE_{name.upper()}", value)
    memory.register("bot", fields)
    yield
    memory.unregister("bot")


@pytest.mark.parametrize(("form", "words"), MISPLACED.values(), ids=MISPLACED.keys())
@pytest.mark.parametrize("scheme", SCHEMES)
def test_an_option_in_the_wrong_place_is_refused(scheme, form, words) -> None:
    """It was a part of a name or a value, and the pair of before was loaded."""
    option = (SCHEMES[scheme].options.split() or [*SCHEMES[scheme].named, "prefix"])[0]
    load = change_source_for if scheme in PUSHES else load_credentials
    location = (LOCATIONS | PUSHES)[scheme]
    error = caught(load, f"{scheme}:{location}{form.format(option=option)}")
    assert isinstance(error, ConfigurationError)
    assert words in str(error)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_an_unknown_option_is_refused_with_the_valid_ones(scheme) -> None:
    load = change_source_for if scheme in PUSHES else load_credentials
    error = caught(load, f"{scheme}:{(LOCATIONS | PUSHES)[scheme]}?colour=red")
    assert isinstance(error, ConfigurationError)
    for option in SCHEMES[scheme].options.split():
        assert option in str(error).partition("valid options")[2]


def test_what_is_percent_encoded_separates_nothing(tmp_path) -> None:
    """A name may have any character."""
    (tmp_path / "a&b=c#d?e").touch(0o600)
    (tmp_path / "a&b=c#d?e").write_text((tmp_path / ".env").read_text())
    assert load_credentials("file:a%26b=c%23d%3Fe").origin.endswith("a&b=c#d?e")
