"""The plugin of pytest: fixtures for tests of bots, and a check for leaks.

    def test_my_bot(fake_exchange, binance_credentials):
        bot = Bot(binance_credentials, base_url=fake_exchange.url)

pytest finds it by the entry point `pytest11`; `-p no:binance_creds` leaves it out. Until a fixture
is used it imports nothing but the package itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from binance_creds import Credentials
    from binance_creds.testing import FakeExchange, IssuedKey

__all__ = [
    "binance_credentials",
    "fake_exchange",
    "pytest_addoption",
    "pytest_runtest_makereport",
]

_OPTION: Final = "binance_leak_check"
_NAME: Final = "binance_credentials"
_ISSUED: Final = pytest.StashKey[list[str]]()
_OF_FORMAT: Final = 22  # 16 bytes in base64
_HELP: Final = (
    "fail a test whose output, log or traceback shows a secret of `binance_credentials`, or of"
    " another key that `fake_exchange` issued"
)
# What would lead `load_credentials()` to other credentials than those of the test.
_OTHER_WAYS: Final = ("BINANCE_CREDS_PROFILE", "BINANCE_CREDS_CONFIG")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--binance-leak-check` and the setting `binance_leak_check`."""
    group = parser.getgroup("binance-creds")
    group.addoption("--binance-leak-check", action="store_true", dest=_OPTION, help=_HELP)
    parser.addini(_OPTION, _HELP, type="bool", default=False)


@pytest.fixture
def fake_exchange(request: pytest.FixtureRequest) -> Iterator[FakeExchange]:
    """A local Binance that checks keys and signatures: `fake_exchange.url`, `.ws_url`."""
    from binance_creds.testing import FakeExchange  # noqa: PLC0415  # heavy

    with FakeExchange() as exchange:
        secrets = request.node.stash.setdefault(_ISSUED, [])
        exchange.keys.on_issue(lambda key: secrets.append(_secret_of(key)))
        yield exchange


@pytest.fixture
def binance_credentials(
    fake_exchange: FakeExchange, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Credentials]:
    """Credentials of a key of `fake_exchange`; `load_credentials()` gives them, too.

    So a bot that loads its credentials itself cannot get the real ones in a test. A profile or a
    source that it names itself is not changed.
    """
    from binance_creds import clear_cache, load_credentials  # noqa: PLC0415  # heavy
    from binance_creds.providers import memory  # noqa: PLC0415  # as above

    memory.register(_NAME, fake_exchange.issue().fields())
    for name in _OTHER_WAYS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BINANCE_CREDS_SOURCE", f"memory:{_NAME}")
    clear_cache()
    yield load_credentials()
    memory.unregister(_NAME)
    clear_cache()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that shows a secret, if the option says so."""
    report = yield
    secrets = item.stash.get(_ISSUED, [])
    if secrets and (item.config.getoption(_OPTION) or item.config.getini(_OPTION)):
        places = _leaks(report, secrets)
        if places:
            item.stash[_ISSUED] = []  # said once
            report.outcome = "failed"
            report.longrepr = f"A secret of `fake_exchange` is shown in: {', '.join(places)}."
    return report


def _secret_of(key: IssuedKey) -> str:
    """Return what only this key has: the first 16 bytes are the same in all Ed25519 keys."""
    return key.api_secret or "".join(key.private_key_pem.splitlines()[1:-1])[_OF_FORMAT:]


def _leaks(report: pytest.TestReport, secrets: list[str]) -> list[str]:
    """Return where a secret, a piece or an encoding of it is shown."""
    shown = [*report.sections, ("the traceback", report.longreprtext)]
    return [place for place, text in shown if any(_shows(text, secret) for secret in secrets)]


def _shows(text: str, secret: str) -> bool:
    from binance_creds.testing import assert_no_leak  # noqa: PLC0415  # heavy

    try:
        assert_no_leak(secret, text)
    except AssertionError:
        return True
    return False
