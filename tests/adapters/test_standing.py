"""Whose session a connection is, and which messages rely on it: decided without any connection."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from binance_creds import KeyType
from binance_creds.adapters._wire._sessions._logon import Logon
from binance_creds.adapters._wire._sessions._standing import Standing, lacks_session
from binance_creds.adapters._wire._streams._refused import RefusedError
from binance_creds.errors import ProviderUnavailableError

NAMELESS = {"id": None, "status": 401, "error": {"code": -2015, "msg": "Invalid API-key"}}
KEYLESS = {"status": 400, "error": {"code": -1102, "msg": "Mandatory parameter 'apiKey' was not"}}


def outside(key_type: KeyType = KeyType.ED25519, signed_by: str | None = "ssh-agent:x"):
    return SimpleNamespace(signed_by=signed_by, key_type=key_type)


@pytest.fixture
def standing() -> Standing:
    made = Standing()
    made.granted(outside())
    return made


@pytest.mark.parametrize("key_type", list(KeyType))
def test_only_an_ed25519_key_outside_logs_on(key_type) -> None:
    is_ed25519 = key_type is KeyType.ED25519
    assert Standing().is_due(outside(key_type)) is is_ed25519
    assert not Standing().is_due(outside(key_type, signed_by=None))


def test_a_refused_pair_is_held_off_and_another_is_not() -> None:
    standing, refused = Standing(), outside()
    standing.refused(refused)
    assert not standing.is_due(refused)
    assert standing.is_due(outside())


def test_a_refusal_without_an_id_is_that_of_the_only_message(standing) -> None:
    standing.relies("a")
    assert standing.heard(NAMELESS) == ["a"]
    assert standing.logged_on is None


def test_of_two_messages_none_is_refused_until_one_is_answered(standing) -> None:
    """The answer to the first may still be on its way: it may be an order that was placed."""
    standing.relies("a")
    standing.relies("b")
    assert standing.heard(NAMELESS) == []
    assert standing.answered("a") == ["b"]


def test_two_refusals_without_ids_are_those_of_two_messages(standing) -> None:
    standing.relies("a")
    standing.relies("b")
    assert standing.heard(NAMELESS) == []
    assert standing.heard(NAMELESS) == ["a", "b"]


def test_a_message_that_is_no_longer_waited_for_may_be_the_refused_one(standing) -> None:
    standing.relies("a")
    standing.relies("b")
    standing.heard(NAMELESS)
    standing.forget("a")
    assert standing.answered("c") == []


def test_a_message_without_a_session_ends_it(standing) -> None:
    standing.relies("a")
    assert standing.heard({**KEYLESS, "id": "a"}) == ["a"]
    assert standing.logged_on is None
    assert standing.is_due(outside())


def test_what_did_not_rely_on_the_session_says_nothing_of_it(standing) -> None:
    before = standing.logged_on
    assert standing.heard({**KEYLESS, "id": "other"}) == []
    assert standing.logged_on is before


@pytest.mark.parametrize(
    ("error", "is_so"),
    [
        ({"code": -1102, "msg": "Mandatory parameter 'signature' was not sent"}, True),
        ({"code": -1102, "msg": "Mandatory parameter 'quantity' was not sent"}, False),
        ({"code": -2014, "msg": "API-key format invalid."}, True),
        ({"code": -2010, "msg": "Account has insufficient balance"}, False),
        ("text", False),
    ],
)
def test_a_missing_session_is_told_from_other_refusals(error, is_so) -> None:
    assert lacks_session({"error": error}) is is_so


class Asked:
    """A connection that answers logons when it is told to."""

    def __init__(self, *answers) -> None:
        self.current = outside()
        self.begun, self.go, self._answers = 0, asyncio.Event(), list(answers)
        self.logon = Logon(SimpleNamespace(credentials=self), self._ask)

    async def _ask(self):
        self.begun += 1
        used = self.current
        await self.go.wait()
        answer = self._answers.pop(0) if self._answers else None
        if answer is not None:
            raise answer
        return used

    def waiting(self, count: int) -> list[asyncio.Task]:
        return [asyncio.ensure_future(self.logon.holder("order.place")) for _ in range(count)]


def test_a_logon_goes_on_when_its_caller_is_cancelled() -> None:
    async def main() -> None:
        asked = Asked()
        first, second = asked.waiting(2)
        await asyncio.sleep(0)
        first.cancel()
        asked.go.set()
        assert await second is asked.current
        assert asked.begun == 1

    asyncio.run(main())


def test_what_stops_a_signature_stops_all_that_wait_and_is_tried_again() -> None:
    async def main() -> None:
        asked = Asked(ProviderUnavailableError("the agent is gone."))
        asked.go.set()
        stopped = await asyncio.gather(*asked.waiting(3), return_exceptions=True)
        assert {type(it) for it in stopped} == {ProviderUnavailableError}
        assert await asked.logon.holder("order.place") is asked.current
        assert asked.begun == 2

    asyncio.run(main())


def test_a_refused_logon_is_not_tried_with_each_message(caplog) -> None:
    async def main() -> None:
        asked = Asked(RefusedError({"error": {"code": -2015}}, None, "session.logon"))
        asked.go.set()
        assert await asked.logon.holder("order.place") is None
        assert await asked.logon.holder("order.place") is None
        assert asked.begun == 1
        asked.current = outside()
        assert await asked.logon.holder("order.place") is asked.current

    asyncio.run(main())
    assert "each message is signed: session.logon was refused: -2015" in caplog.text


def test_a_connection_that_ends_stops_what_waits_for_its_logon() -> None:
    """With an error of the connection: nobody has cancelled these tasks."""

    async def main() -> None:
        asked = Asked()
        tasks = asked.waiting(2)
        await asyncio.sleep(0)
        asked.logon.end()
        stopped = await asyncio.gather(*tasks, return_exceptions=True)
        assert {type(it) for it in stopped} == {ConnectionResetError}

    asyncio.run(main())
