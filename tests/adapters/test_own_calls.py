"""How many calls of ours one request makes; instructions differ by 4 % between two counts of it.

Each limit is 4 % above what CPython 3.11 makes.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from support import build

import binance_creds
from binance_creds.adapters import aiohttp, httpx, python_binance, requests

PACKAGE = str(Path(binance_creds.__file__).parent)
ACCOUNT = "/api/v3/account"


@contextmanager
def counting():
    """Collect the calls of this thread that are made to and by the package."""
    calls: list[str] = []

    def note(frame, event, _) -> None:
        if event in ("call", "c_call") and frame.f_code.co_filename.startswith(PACKAGE):
            calls.append(frame.f_code.co_qualname)

    sys.setprofile(note)
    try:
        yield calls
    finally:
        sys.setprofile(None)


def of_requests(creds, url) -> list[str]:
    with requests.client(creds) as session:
        session.get(url + ACCOUNT)
        with counting() as calls:
            assert session.get(url + ACCOUNT).status_code == 200
    return calls


def of_httpx(creds, url) -> list[str]:
    with httpx.client(creds) as client:
        client.get(url + ACCOUNT)
        with counting() as calls:
            assert client.get(url + ACCOUNT).status_code == 200
    return calls


async def of_httpx_async(creds, url) -> list[str]:
    async with httpx.async_client(creds) as client:
        await client.get(url + ACCOUNT)
        with counting() as calls:
            assert (await client.get(url + ACCOUNT)).status_code == 200
    return calls


async def of_aiohttp(creds, url) -> list[str]:
    async with aiohttp.client(creds) as session:
        await (await session.get(url + ACCOUNT)).read()
        with counting() as calls:
            await (await session.get(url + ACCOUNT)).read()
    return calls


def of_python_binance(creds, url) -> list[str]:
    client = python_binance.client(creds, base_url=url)
    client.get_account()
    with counting() as calls:
        client.get_account()
    client.close_connection()
    return calls


async def of_python_binance_async(creds, url) -> list[str]:
    client = await python_binance.async_client(creds, base_url=url)
    await client.get_account()
    with counting() as calls:
        await client.get_account()
    await client.close_connection()
    return calls


@pytest.mark.parametrize(
    ("request_by", "limit"),
    [
        (of_requests, 82),
        (of_httpx, 94),
        (of_httpx_async, 102),
        (of_aiohttp, 64),
        (of_python_binance, 115),
        (of_python_binance_async, 99),
    ],
)
def test_a_request_makes_few_calls(exchange, request_by, limit) -> None:
    made = request_by(build(**exchange.issue().fields()), exchange.url)
    calls = asyncio.run(made) if asyncio.iscoroutine(made) else made
    assert len(calls) <= limit, sorted(calls)
