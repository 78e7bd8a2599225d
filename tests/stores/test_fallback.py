"""A store that hangs, in front of one that answers, where the profile says to go on."""

from __future__ import annotations

import asyncio

import pytest
from fault_proxy import hang
from shops import SHOPS
from support import new_key, token
from waiting import timed

from binance_creds import RefreshPolicy, aload_credentials, load_credentials
from binance_creds.live import State

pytestmark = pytest.mark.unmeasured

SECONDS = 3.0  # of the one deadline: two sources, so half of it for the first


@pytest.fixture
def chain(open_shop):
    """Return a function that gives the proxy of the first of two stores, and what to load."""

    def opened(first: str, second: str):
        shops = [open_shop(scheme) for scheme in (first, second)]
        name, fields = f"bot-{token()[:12]}", new_key().fields()
        for shop in shops:
            shop.put(name, fields)
        load_credentials(shops[1].source(name))  # to build its client takes long on a busy machine
        main = {"source": [shop.source(name) for shop in shops], "fallback": "unavailable"}
        return shops[0].proxy, {"config": {"profiles": {"main": main}}, "timeout_seconds": SECONDS}

    return opened


def other(scheme: str) -> str:
    return "vault" if scheme == "aws-sm" else "aws-sm"


def alone(**options):
    return load_credentials(**options)


def awaited(**options):
    return asyncio.run(aload_credentials(**options))


def live(**options):
    with load_credentials(live=True, **options) as handle:
        return handle.current


@pytest.mark.parametrize(
    ("scheme", "load"), [*((one, alone) for one in SHOPS), ("vault", awaited), ("vault", live)]
)
def test_the_next_store_is_asked_in_time(chain, scheme, load) -> None:
    proxy, options = chain(scheme, other(scheme))
    with proxy.failing(hang):
        with timed() as took:
            creds = load(**options)
    assert creds.origin.startswith(f"{other(scheme)}:")
    assert [one.code for one in creds.explain().attempts] == ["unavailable"]
    assert SECONDS / 2 <= took.wall
    assert took.fair < SECONDS


def test_a_refresh_asks_the_next_store_in_time(chain) -> None:
    """Also of a handle whose first store answered until now."""
    proxy, options = chain("vault", "aws-sm")
    policy = RefreshPolicy(ttl="1h", poll="1h", max_stale="24h")
    with load_credentials(live=True, refresh=policy, **options) as handle:
        assert handle.current.origin.startswith("vault:")
        with proxy.failing(hang):
            handle.refresh()
        assert (State.FRESH, None) == (handle.status().state, handle.status().error)
