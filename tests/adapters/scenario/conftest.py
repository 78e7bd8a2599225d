"""The scenario that every client must pass: its world, and its clients."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from ssh_agents import Agent, Between, answering

from binance_creds import KeyType

HERE = Path(__file__).parent
sys.path.append(str(HERE))  # for drivers.py and world.py


@pytest.fixture
def world(exchange):
    from world import World

    with World(exchange) as made:
        yield made


@pytest.fixture(scope="module")
def agent(tmp_path_factory):
    agent = Agent(tmp_path_factory.mktemp("agent"))
    yield agent
    agent.stop()


@pytest.fixture(scope="module")
def keys(agent):
    def made(*kind: str, bits: str = "") -> tuple[str, str]:
        return agent.add(*kind, bits=bits), agent.public_pem()

    return {
        KeyType.ED25519: made(),
        KeyType.HMAC: made(),
        KeyType.RSA: made("rsa", bits="2048"),
    }


@pytest.fixture
def outside(exchange, agent, keys, tmp_path):
    from world import OutsideWorld

    between = Between(agent)
    path = f"{tmp_path}/between"
    with answering(path, between), OutsideWorld(exchange, keys, between, path) as world:
        yield world
