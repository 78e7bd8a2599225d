"""The endpoints that every family has: connectivity and time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from binance_creds.testing.exchange._endpoints._routes import Route, Security

if TYPE_CHECKING:
    from binance_creds.testing.exchange._endpoints._routes import Call, Routes

__all__ = ["general_routes"]


def general_routes() -> Routes:
    """Return the endpoints of spot, futures and options, and the state of the system."""
    routes: Routes = {
        ("GET", "/sapi/v1/system/status"): Route(_status, Security.PUBLIC),
    }
    for root in ("/api/v3", "/fapi/v1", "/dapi/v1", "/eapi/v1"):
        routes["GET", f"{root}/ping"] = Route(lambda _: {}, Security.PUBLIC)
        routes["GET", f"{root}/time"] = Route(_time, Security.PUBLIC)
    return routes


def _time(call: Call) -> object:
    return {"serverTime": call.now_ms}


def _status(_: Call) -> object:
    return {"status": 0, "msg": "normal"}
