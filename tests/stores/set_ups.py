"""Broken set-ups, as people have them; each is prepared on real parts.

A set-up is a function that gets a `Bench` and returns the arguments of `diagnose`.
"""

from __future__ import annotations

import json
import socket
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import trustme
from fault_proxy import hang, refusing_address, status
from shops import Shop
from support import token, write_dotenv

from binance_creds import Environment
from binance_creds.testing import FakeExchange


class Bench:
    """What a set-up is made of."""

    def __init__(
        self, folder: Path, machine: Any, exchange: FakeExchange, open_shop: Callable[[str], Shop]
    ) -> None:
        self.folder, self.machine, self.exchange = folder, machine, exchange
        self._open_shop = open_shop
        self._opened: list[socket.socket] = []
        self.fields = exchange.issue(permissions={"enableSpotAndMarginTrading": True}).fields()

    def shop(self, scheme: str) -> tuple[Shop, str]:
        """Return a store that holds a good pair, and the name of the secret."""
        shop = self._open_shop(scheme)
        name = f"bot-{token()[:12]}"
        shop.put(name, self.fields)
        return shop, name

    def setenv(self, **variables: str) -> None:
        for name, value in variables.items():
            self.machine.setenv(name, value)

    def dotenv(self, fields: dict[str, str] | None = None, *, mode: int = 0o600) -> str:
        write_dotenv(self.folder / ".env", fields or self.fields, mode=mode)
        return f"dotenv:{self.folder}/.env"

    def words(self, arguments: dict[str, Any]) -> list[str]:
        """Return what the command line gets for arguments of `diagnose`."""
        config = arguments.get("config")
        if config is None and "timeout_seconds" not in arguments:
            return [arguments["source"]] if "source" in arguments else []
        config = config or {"profiles": {"main": {"source": arguments["source"]}}}
        if "timeout_seconds" in arguments:
            config["profiles"]["main"]["timeout"] = f"{arguments['timeout_seconds']}s"
        path = self.folder / "named.toml"
        path.write_text(_toml(config))
        return ["main", "--config", str(path)]

    def listener(self) -> socket.socket:
        """Return a socket that accepts, and says nothing."""
        listener = socket.create_server(("127.0.0.1", 0))
        self._opened.append(listener)
        return listener

    def close(self) -> None:
        """End what a set-up has opened."""
        for each in self._opened:
            each.close()

    def program(self, text: str) -> dict[str, Any]:
        """Return the arguments of a command source whose program is a script."""
        path = self.folder / "program"
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return _commands(str(path))


def _toml(config: dict[str, Any]) -> str:
    lines = []
    for kind, tables in config.items():
        for name, table in tables.items():
            lines.append(f"[{kind}.{name}]")
            nested = {key: value for key, value in table.items() if isinstance(value, dict)}
            lines += [f"{k} = {json.dumps(v)}" for k, v in table.items() if k not in nested]
            for key, value in nested.items():
                lines.append(f"[{kind}.{name}.{key}]")
                lines += [f"{k} = {json.dumps(v)}" for k, v in value.items()]
    return "\n".join(lines) + "\n"


def _commands(*argv: str, **profile: Any) -> dict[str, Any]:
    commands = {"pass": {"argv": list(argv)}}
    profiles = {"main": {"source": "command:pass", **profile}}
    return {"config": {"commands": commands, "profiles": profiles}}


class SetUp(NamedTuple):
    """One broken set-up.

    Attributes:
        title: what is broken, for people.
        prepare: makes it so.
        cause: words that must stand in what is found.
        fix: words that must stand in what to do.
        code: the exit code.
    """

    title: str
    prepare: Callable[[Bench], dict[str, Any]]
    cause: str
    fix: str
    code: int


def readable(bench: Bench) -> dict[str, Any]:
    return {"source": bench.dotenv(mode=0o644)}


def writable(bench: Bench) -> dict[str, Any]:
    return {"source": bench.dotenv(mode=0o666)}


def absent(bench: Bench) -> dict[str, Any]:
    return {"source": f"dotenv:{bench.folder}/absent"}


def placeholder(bench: Bench) -> dict[str, Any]:
    return {"source": bench.dotenv({"api_key": "your_api_key", "api_secret": token()})}


def half(bench: Bench) -> dict[str, Any]:
    return {"source": bench.dotenv({"api_key": bench.fields["api_key"]})}


def swapped(bench: Bench) -> dict[str, Any]:
    key, secret = bench.fields["api_key"], bench.fields["api_secret"]
    return {"source": bench.dotenv({"api_key": secret, "api_secret": key})}


def foreign(bench: Bench) -> dict[str, Any]:
    return {"source": bench.dotenv({**bench.fields, "api_secret": token()})}


def deleted(bench: Bench) -> dict[str, Any]:
    bench.exchange.keys.revoke(bench.fields["api_key"])
    return {"source": bench.dotenv()}


def not_listed(bench: Bench) -> dict[str, Any]:
    return {"source": bench.dotenv(bench.exchange.issue(ip_list=("192.0.2.1",)).fields())}


def testnet(bench: Bench) -> dict[str, Any]:
    key = bench.exchange.issue(environment=Environment.TESTNET)
    return {"source": bench.dotenv(key.fields())}


def withdrawals(bench: Bench) -> dict[str, Any]:
    key = bench.exchange.issue(permissions={"enableWithdrawals": True}, ip_list=("127.0.0.1",))
    profile = {"source": bench.dotenv(key.fields()), "verify": True, "policy": "spot-trading"}
    return {"config": {"profiles": {"main": profile}}}


def clock(bench: Bench) -> dict[str, Any]:
    bench.exchange.clock_offset_ms = 10_000
    return {"source": bench.dotenv()}


def exchange_down(bench: Bench) -> dict[str, Any]:
    bench.exchange.fail(count=99)
    return {"source": bench.dotenv()}


def no_redis(bench: Bench) -> dict[str, Any]:
    push = [f"redis://{refusing_address()}/0?channel=keys"]
    profile = {"source": bench.dotenv(), "refresh": {"push": push}}
    return {"config": {"profiles": {"main": profile}}}


def no_region(bench: Bench) -> dict[str, Any]:
    bench.shop("aws-sm")
    return {"source": "aws-sm://bot"}


def wrong_region(bench: Bench) -> dict[str, Any]:
    shop, name = bench.shop("aws-sm")
    return {"source": shop.source(name).replace(shop.region, "eu-central-1")}


def no_aws_login(bench: Bench) -> dict[str, Any]:
    shop, name = bench.shop("aws-sm")
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        bench.machine.delenv(variable)
    return {"source": shop.source(name)}


def expired_sso(bench: Bench) -> dict[str, Any]:
    args = no_aws_login(bench)
    config = bench.folder / "aws"
    config.write_text(
        "[profile bot]\nsso_session = firm\nsso_account_id = 123456789012\nsso_role_name = bot\n"
        "[sso-session firm]\nsso_start_url = https://firm.awsapps.com/start\n"
        "sso_region = eu-central-1\nsso_registration_scopes = sso:account:access\n"
    )
    bench.setenv(HOME=str(bench.folder), AWS_CONFIG_FILE=str(config), AWS_PROFILE="bot")
    return args


def changed(scheme: str, change: Callable[[Shop], dict[str, str]]) -> Callable[[Bench], Any]:
    """Return a set-up whose store's owner has changed something about the login."""

    def prepare(bench: Bench) -> dict[str, Any]:
        shop, name = bench.shop(scheme)
        bench.setenv(**change(shop))
        return {"source": shop.source(name)}

    return prepare


def denied(scheme: str) -> Callable[[Bench], Any]:
    return changed(scheme, lambda shop: shop.deny())


def unknown_login(scheme: str) -> Callable[[Bench], Any]:
    return changed(scheme, lambda shop: shop.forget_login())


def switched_off(scheme: str) -> Callable[[Bench], dict[str, Any]]:
    def prepare(bench: Bench) -> dict[str, Any]:
        shop, name = bench.shop(scheme)
        shop.switch_off(name)
        return {"source": shop.source(name)}

    return prepare


def sealed(bench: Bench) -> dict[str, Any]:
    """The answer of Vault 1.15 and OpenBao 2.6.2 while they are sealed."""
    shop, name = bench.shop("vault")
    body = json.dumps({"errors": ["Vault is sealed"]}).encode()
    shop.proxy.fault = status(503, body, Content_Type="application/json")
    return {"source": shop.source(name)}


def wrong_mount(bench: Bench) -> dict[str, Any]:
    shop, name = bench.shop("vault")
    return {"source": shop.source(name).replace("//secret/", "//secrets/")}


def captive(bench: Bench) -> dict[str, Any]:
    shop, name = bench.shop("vault")
    page = b"<html>Log in to the hotel's network</html>"
    shop.proxy.fault = status(200, page, Content_Type="text/html")
    return {"source": shop.source(name)}


def silent(bench: Bench) -> dict[str, Any]:
    shop, name = bench.shop("vault")
    shop.proxy.fault = hang
    return {"source": shop.source(name), "timeout_seconds": 1}


def swallowing_proxy(bench: Bench) -> dict[str, Any]:
    shop, name = bench.shop("vault")
    listener = bench.listener()
    bench.setenv(HTTP_PROXY=f"http://127.0.0.1:{listener.getsockname()[1]}")
    return {
        "source": shop.source(name).replace("127.0.0.1", "vault.example.test"),
        "timeout_seconds": 1,
    }


def no_name(bench: Bench) -> dict[str, Any]:
    shop, name = bench.shop("vault")
    return {"source": shop.source(name).replace("127.0.0.1", "vault.invalid"), "timeout_seconds": 2}


def nobody_listens(bench: Bench) -> dict[str, Any]:
    shop, name = bench.shop("vault")
    return {"source": shop.source(name, f"http://{refusing_address()}"), "timeout_seconds": 2}


def unknown_authority(bench: Bench) -> dict[str, Any]:
    shop, name = bench.shop("gcp-sm")
    trustme.CA().cert_pem.write_to_path(str(bench.folder / "other.pem"))
    bench.setenv(REQUESTS_CA_BUNDLE=str(bench.folder / "other.pem"))
    return {"source": shop.source(name), "timeout_seconds": 2}


def no_program(bench: Bench) -> dict[str, Any]:
    return _commands("no-such-program")


def failing_program(bench: Bench) -> dict[str, Any]:
    return bench.program("echo 'gpg: decryption failed' >&2; exit 2")


def silent_program(bench: Bench) -> dict[str, Any]:
    return bench.program("exit 0")


def hanging_program(bench: Bench) -> dict[str, Any]:
    return {**bench.program("sleep 60"), "timeout_seconds": 1}


def found_configuration(bench: Bench) -> dict[str, Any]:
    """A repository's own file that names a server for the login."""
    path = bench.folder / "binance-creds.toml"
    path.write_text('[profiles.main]\nsource = "vault://secret/bot?address=http://127.0.0.1:1"\n')
    path.chmod(0o600)
    bench.machine.chdir(bench.folder)
    return {}


SET_UPS = (
    SetUp(
        "a `.env` that others can read",
        readable,
        "every user of this machine can read",
        "chmod 600",
        1,
    ),
    SetUp("a `.env` that others can write", writable, "can write", "chmod 600", 4),
    SetUp("a file that is not there", absent, "there is no such file", "Check the path", 1),
    SetUp(
        "a placeholder instead of a key",
        placeholder,
        "api_key is still a placeholder",
        "the real value",
        1,
    ),
    SetUp("a key without its secret", half, "neither api_secret nor private_key", "both halves", 1),
    SetUp(
        "key and secret exchanged",
        swapped,
        "does not know this API key (-2008)",
        "key and secret are swapped",
        1,
    ),
    SetUp(
        "the secret of another key",
        foreign,
        "secret and API key do not fit",
        "that this API key was made with",
        1,
    ),
    SetUp("a key that was deleted", deleted, "refuses the key (-2015)", "the key was deleted", 1),
    SetUp(
        "an address that is not on the key's IP list",
        not_listed,
        "refuses the key (-2015)",
        "must be allowed on the key's IP list",
        1,
    ),
    SetUp(
        "a key of the testnet, used on live",
        testnet,
        "does not know this API key (-2008)",
        "BINANCE_ENVIRONMENT=testnet",
        1,
    ),
    SetUp(
        "a key that may withdraw, against its policy",
        withdrawals,
        "forbids withdrawals",
        "switch `enableWithdrawals` off",
        1,
    ),
    SetUp("a clock that is off by 10 s", clock, "10 s behind", "Set the clock", 1),
    SetUp(
        "an exchange that answers 503",
        exchange_down,
        "neither proved nor refused",
        "may succeed later",
        3,
    ),
    SetUp(
        "a Redis that is down, for announcements",
        no_redis,
        "did not connect",
        "log of binance_creds.live",
        1,
    ),
    SetUp("AWS: no region", no_region, "no AWS region is set", "?region=", 2),
    SetUp(
        "AWS: the wrong region",
        wrong_region,
        "no such secret in this account and region",
        "The region asked was eu-central-1",
        1,
    ),
    SetUp("AWS: no login", no_aws_login, "no AWS credentials were found", "AWS_PROFILE", 4),
    SetUp(
        "AWS: an SSO login that has expired",
        expired_sso,
        "the SSO session has expired",
        "aws sso login",
        4,
    ),
    SetUp(
        "AWS: a policy without the secret",
        denied("aws-sm"),
        "may not read the secret",
        "secretsmanager:GetSecretValue",
        4,
    ),
    SetUp(
        "AWS: a secret that is scheduled for deletion",
        switched_off("aws-sm"),
        "scheduled for deletion",
        "restore-secret",
        1,
    ),
    SetUp("Vault: sealed", sealed, "the server is sealed", "vault operator unseal", 3),
    SetUp(
        "Vault: the wrong mount",
        wrong_mount,
        "no secrets engine is mounted there",
        "Check the mount",
        2,
    ),
    SetUp(
        "Vault: a token without the policy",
        denied("vault"),
        "not permitted",
        "'read' on MOUNT/data/PATH",
        4,
    ),
    SetUp(
        "Vault: a token that has expired",
        unknown_login("vault"),
        "it has expired, was revoked",
        "Log in again",
        4,
    ),
    SetUp(
        "GCP: no role on the secret",
        denied("gcp-sm"),
        "may not read the secret",
        "roles/secretmanager.secretAccessor",
        4,
    ),
    SetUp(
        "GCP: a version that is disabled",
        switched_off("gcp-sm"),
        "the version is disabled",
        "gcloud secrets versions enable",
        1,
    ),
    SetUp(
        "Azure: no access policy",
        denied("azure-kv"),
        "lacks the permission",
        "Key Vault Secrets User",
        4,
    ),
    SetUp(
        "Azure: the wrong client secret",
        unknown_login("azure-kv"),
        "Entra does not accept this login",
        "AZURE_CLIENT_SECRET",
        4,
    ),
    SetUp(
        "a network that answers with a login page",
        captive,
        "the answer is not from the Vault server",
        "the proxy settings",
        3,
    ),
    SetUp(
        "a store that accepts and says nothing",
        silent,
        "there was no answer in time",
        "Check the store and the network",
        3,
    ),
    SetUp(
        "an HTTP proxy that swallows requests",
        swallowing_proxy,
        "go through the proxy 127.0.0.1:",
        "NO_PROXY",
        3,
    ),
    SetUp(
        "a name that does not resolve",
        no_name,
        "its name does not resolve",
        "this machine's DNS",
        3,
    ),
    SetUp(
        "an address where nothing listens",
        nobody_listens,
        "nothing listens there",
        "whether the server runs",
        3,
    ),
    SetUp(
        "a certificate of an unknown authority",
        unknown_authority,
        "not signed by a CA that this machine trusts",
        "REQUESTS_CA_BUNDLE",
        2,
    ),
    SetUp(
        "a program that is not installed",
        no_program,
        "the program is not installed",
        "absolute path into argv",
        2,
    ),
    SetUp("a program that fails", failing_program, "failed with exit code 2", "Run it by hand", 3),
    SetUp("a program that prints nothing", silent_program, "printed nothing", "Run it by hand", 1),
    SetUp(
        "a program that waits for a password",
        hanging_program,
        "did not finish in time",
        "an answer to a prompt",
        3,
    ),
    SetUp(
        "a configuration that came with a repository",
        found_configuration,
        "decides where a login or a secret is sent",
        "BINANCE_CREDS_CONFIG=",
        2,
    ),
)
