"""Against a redis-server of the test's own: each form of message, and each way to lose it."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl

import pytest
import redis
import trustme
from fault_proxy import refusing_address
from redis_support import RedisServer
from support import caught, token
from waiting import LONG, PATIENCE, beside, timed, wait_for, wait_until_it_waits

from binance_creds._uri import SourceURI
from binance_creds.errors import (
    AccessDeniedError,
    AuthenticationError,
    ClosedError,
    ConfigurationError,
    ProviderUnavailableError,
)
from binance_creds.live import Announcement, ChangeSource
from binance_creds.live.push._redis import _announcements, _client, _publish, _readers
from binance_creds.live.push._redis._errors import translated
from binance_creds.live.push.redis import RedisAnnouncements, announce
from binance_creds.testing import assert_no_leak, watch_for_leaks

NAMED = Announcement("vault", "secret/prod/binance", "7")
MEMBERS = {"scheme": "vault", "name": "secret/prod/binance", "version": "7"}
CHANNEL, STREAM = "", "?stream=rotations"
CANARY = token()
PASSWORD = CANARY[:32]  # one that looks like no key
BOTH = pytest.mark.parametrize("more", [CHANNEL, STREAM], ids=["channel", "stream"])

real = pytest.mark.real_server


def ready(server: RedisServer, more: str) -> RedisAnnouncements:
    """Return one that listens already."""
    it = server.listen(more)
    assert [] == list(it.wait(0))
    return it


@real
@BOTH
@pytest.mark.parametrize(
    "announcement",
    [NAMED, Announcement(), Announcement(name="x"), Announcement("aws-sm", "ü/ö é")],
)
def test_what_is_announced_is_heard(redis_server, more, announcement) -> None:
    it = ready(redis_server, more)
    assert isinstance(it, ChangeSource)
    announce(redis_server.uri(more), announcement)
    assert [announcement] == list(it.wait(PATIENCE))
    assert [] == list(it.wait(0))


@real
def test_a_channel_of_another_name(redis_server) -> None:
    it = ready(redis_server, "?channel=fleet")
    announce(redis_server.uri("?channel=other"), NAMED)
    announce(SourceURI.parse(redis_server.uri("?channel=fleet")), Announcement(name="b"))
    assert [Announcement(name="b")] == list(it.wait(PATIENCE))


FORMS = {
    json.dumps(MEMBERS): NAMED,
    "secret/prod/binance": Announcement(name="secret/prod/binance"),
    ' {"name": "x", "version": null} \n': Announcement(name="x"),
    '{"version": ""}': Announcement(),
    "{}": Announcement(),
    "": Announcement(),
    # No announcement:
    json.dumps({**MEMBERS, "api_secret": CANARY}): None,
    json.dumps({"name": CANARY}): None,
    json.dumps({"version": CANARY}): None,
    CANARY: None,
    f"{{{CANARY}": None,
    '{"name": 7}': None,
    '{"name": ["x"]}': None,
    '{"name": "a\\nb"}': None,
    "a\x00b": None,
    b"\xff\xfe": None,
    "x" * 513: None,
    json.dumps({"name": "x"}) + " " * 5_000: None,
    '{"name":' * 500 + "1" + "}" * 500: None,
    '{"name":' + "[" * 4_000: None,
}


@real
def test_each_form_of_message_and_what_is_none(redis_server) -> None:
    """What is none is dropped without a word."""
    it, client = ready(redis_server, CHANNEL), redis_server.client()
    with watch_for_leaks(CANARY):
        for body, expected in FORMS.items():
            client.publish("binance-creds", body)
            client.publish("binance-creds", "end")
            found = list(it.wait(PATIENCE))
            if Announcement(name="end") not in found:
                found += it.wait(PATIENCE)
            assert [*([expected] if expected else []), Announcement(name="end")] == found
    assert_no_leak(CANARY, it)


@real
@pytest.mark.parametrize(
    "fields",
    [
        {**MEMBERS, "api_secret": CANARY},
        {"name": CANARY},
        {"name": b"\xff"},
        {b"\xff": "x"},
        {"name": "x" * 513},
        {"announcement": json.dumps(MEMBERS)},
    ],
    ids=range(6),
)
def test_an_entry_of_a_stream_that_is_no_announcement_is_dropped(redis_server, fields) -> None:
    it = ready(redis_server, STREAM)
    client = redis_server.client()
    with watch_for_leaks(CANARY):
        client.xadd("rotations", fields)
        client.xadd("rotations", MEMBERS)
        assert [NAMED] == list(it.wait(PATIENCE))


@real
@BOTH
def test_copies_that_come_together_are_told_once_in_order(redis_server, more) -> None:
    it = ready(redis_server, more)
    for name in ("b", "a", "b", "a"):
        announce(redis_server.uri(more), Announcement(name=name))
    assert ["b", "a"] == [one.name for one in it.wait(PATIENCE)]


@real
@BOTH
def test_what_comes_between_two_waits_is_not_lost(redis_server, more) -> None:
    it = ready(redis_server, more)
    for number in range(250):
        announce_quickly(redis_server, more, f"n{number}")
    heard = {one.name for _ in range(4) for one in it.wait(0.5)}
    assert 250 == len(heard)


def announce_quickly(server: RedisServer, more: str, name: str) -> None:
    client = server.opened[-1] if isinstance(server.opened[-1], redis.Redis) else server.client()
    if more == STREAM:
        client.xadd("rotations", {"name": name})
    else:
        client.publish("binance-creds", name)


@real
def test_a_stream_is_read_from_its_end_at_the_first_wait(redis_server) -> None:
    announce(redis_server.uri(STREAM), Announcement(name="old"))
    it = ready(redis_server, STREAM)
    announce(redis_server.uri(STREAM), Announcement(name="new"))
    assert [Announcement(name="new")] == list(it.wait(PATIENCE))


@real
def test_a_stream_keeps_about_a_thousand_entries(redis_server, monkeypatch) -> None:
    monkeypatch.setattr(_publish, "KEPT", 0)
    client = redis_server.client()
    for _ in range(300):
        client.xadd("rotations", {"name": "x"})
    announce(redis_server.uri(STREAM), NAMED)
    assert client.xlen("rotations") < 300


@real
@BOTH
def test_a_message_that_comes_during_the_wait_ends_it(redis_server, more) -> None:
    it = ready(redis_server, more)
    waiting = beside(lambda: list(it.wait(LONG)))
    wait_until_it_waits(waiting)
    announce(redis_server.uri(more), NAMED)
    assert [NAMED] == waiting.result(PATIENCE)


@real
@BOTH
@pytest.mark.parametrize("seconds", [-1, 0, 0.3, 1.2])
def test_without_a_message_it_takes_the_time_it_was_given(redis_server, more, seconds) -> None:
    it = ready(redis_server, more)
    with timed() as took:
        assert [] == list(it.wait(seconds))
    assert max(0, seconds) <= took.wall + 0.01
    assert took.fair < max(0, seconds) + 0.5


@real
@BOTH
def test_close_ends_a_wait_of_another_thread_and_leaves_no_connection(redis_server, more) -> None:
    it = ready(redis_server, more)
    waiting = beside(lambda: list(it.wait(LONG)))
    wait_until_it_waits(waiting)
    it.close()
    it.close()
    assert [] == waiting.result(PATIENCE)
    assert type(caught(it.wait, 1)) is ClosedError
    client = redis_server.client()
    wait_for(lambda: 1 == len(client.client_list()), "the end of its connection")


@real
@BOTH
def test_a_redis_that_was_restarted_between_waits_is_heard_again(redis_server, more) -> None:
    it = ready(redis_server, more)
    redis_server.stop()
    error = caught(it.wait, 0.2)
    assert type(error) is ProviderUnavailableError
    assert "does not answer" in str(error)
    assert type(caught(it.wait, 0.2)) is ProviderUnavailableError
    redis_server.start()
    assert [] == list(it.wait(0))
    announce(redis_server.uri(more), NAMED)
    assert [NAMED] == list(it.wait(PATIENCE))


@real
@BOTH
def test_a_redis_that_dies_during_the_wait_is_unavailable_at_once(redis_server, more) -> None:
    it = ready(redis_server, more)
    waiting = beside(lambda: it.wait(LONG))
    wait_until_it_waits(waiting)
    redis_server.stop()
    assert type(waiting.exception(PATIENCE)) is ProviderUnavailableError


@real
def test_a_stream_goes_on_where_a_lost_connection_left_it(redis_server) -> None:
    it, client = ready(redis_server, STREAM), redis_server.client()
    client.xadd("rotations", {"name": "a"})
    assert [Announcement(name="a")] == list(it.wait(PATIENCE))
    client.client_kill_filter(_type="normal", skipme=True)
    client.xadd("rotations", {"name": "b"})
    assert [Announcement(name="b")] == list(it.wait(PATIENCE))


@real
@BOTH
def test_a_redis_that_hangs_is_unavailable(redis_server, more, monkeypatch) -> None:
    """A channel is asked for a word after a silence; a stream's client has a timeout."""
    for module in (_announcements, _client):
        monkeypatch.setattr(module, "SLICE_SECONDS", 0.1)
    for module in (_client, _readers):
        monkeypatch.setattr(module, "ANSWER_SECONDS", 0.3)
    monkeypatch.setattr(_readers, "IDLE_SECONDS", 0.2)
    it = ready(redis_server, more)
    assert [] == list(it.wait(0.6))  # the word comes
    redis_server.process.send_signal(signal.SIGSTOP)
    try:
        assert type(caught(it.wait, 10)) is ProviderUnavailableError
        assert type(caught(it.wait, 10)) is ProviderUnavailableError
    finally:
        redis_server.process.send_signal(signal.SIGCONT)
    assert [] == list(it.wait(0))


def test_a_subscription_that_is_never_confirmed_is_unavailable(monkeypatch) -> None:
    """As of something in between that knows no channels."""
    monkeypatch.setattr(_readers, "ANSWER_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as server:
        beside(lambda: answer_all_but_subscribe(server))
        it = RedisAnnouncements(SourceURI.parse(f"redis://127.0.0.1:{server.getsockname()[1]}"))
        assert type(caught(it.wait, 1)) is ProviderUnavailableError
        it.close()


def answer_all_but_subscribe(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        while request := connection.recv(65_536):
            if b"SUBSCRIBE" not in request:
                connection.sendall(b"+OK\r\n")


@BOTH
def test_nobody_listens_at_the_address(more) -> None:
    uri = f"redis://{refusing_address()}/0{more}"
    for call in (RedisAnnouncements(SourceURI.parse(uri)).wait, lambda _: announce(uri, NAMED)):
        error = caught(call, 1)
        assert type(error) is ProviderUnavailableError
        assert error.source.startswith("redis:127.0.0.1")


@real
@BOTH
def test_passwords_are_looked_for_at_each_connection(redis_server, machine, more) -> None:
    client = redis_server.client()
    client.execute_command("ACL SETUSER default off")
    client.execute_command(f"ACL SETUSER bot on >{CANARY} ~* &* +@all")
    it = redis_server.listen(more)
    error = caught(it.wait, 1)
    assert type(error) is AuthenticationError
    assert "REDIS_PASSWORD" in str(error)
    machine.setenv("REDIS_USERNAME", "bot")
    machine.setenv("REDIS_PASSWORD", CANARY[::-1])
    assert type(caught(it.wait, 1)) is AuthenticationError
    machine.setenv("REDIS_PASSWORD", CANARY)
    with watch_for_leaks(CANARY):
        assert [] == list(it.wait(0))
        announce(redis_server.uri(more), NAMED)
        assert [NAMED] == list(it.wait(PATIENCE))
    assert_no_leak(CANARY, it)
    machine.setenv("REDIS_USERNAME", "")
    error = caught(announce, redis_server.uri(more), NAMED)
    assert type(error) is AuthenticationError
    assert_no_leak(CANARY, error)


@real
@BOTH
def test_what_the_user_may_not_is_denied(redis_server, machine, more) -> None:
    redis_server.client().execute_command(f"ACL SETUSER bot on >{CANARY} +ping")
    machine.setenv("REDIS_USERNAME", "bot")
    machine.setenv("REDIS_PASSWORD", CANARY)
    it = redis_server.listen(more)
    for call in (it.wait, lambda _: announce(redis_server.uri(more), NAMED)):
        error = caught(call, 1)
        assert type(error) is AccessDeniedError
        assert "ACL SETUSER" in str(error)
        assert_no_leak(CANARY, error)


@real
@pytest.mark.parametrize(
    ("more", "rules"),
    [
        (CHANNEL, "+subscribe +ping +publish resetchannels &binance-creds"),
        (STREAM, "+xread +xrevrange +xadd ~rotations"),
    ],
)
def test_the_smallest_permissions_of_the_documentation_do(
    redis_server, machine, more, rules
) -> None:
    redis_server.client().execute_command(f"ACL SETUSER bot on >{CANARY} {rules}")
    machine.setenv("REDIS_USERNAME", "bot")
    machine.setenv("REDIS_PASSWORD", CANARY)
    it = ready(redis_server, more)
    announce(redis_server.uri(more), NAMED)
    assert [NAMED] == list(it.wait(PATIENCE))


@real
def test_a_key_that_is_no_stream_and_a_database_that_is_not_there(redis_server) -> None:
    redis_server.client().set("rotations", "x")
    uris = [redis_server.uri(STREAM), redis_server.uri().replace("/0", "/999")]
    for uri in uris:
        error = caught(RedisAnnouncements(SourceURI.parse(uri)).wait, 1)
        assert type(error) is ConfigurationError
        assert "database's number" in str(error)


@real
def test_a_replica_takes_no_announcement(redis_server) -> None:
    redis_server.client().execute_command("REPLICAOF", "127.0.0.1", "1")
    error = caught(announce, redis_server.uri(STREAM), NAMED)
    assert type(error) is ProviderUnavailableError
    assert "replica" in str(error)


@real
@BOTH
def test_tls_with_an_authority_of_ones_own(redis_program, machine, tmp_path, more) -> None:
    """It is not trusted until it is named."""
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    names = {name: str(tmp_path / f"{name}.pem") for name in ("cert", "key", "ca")}
    issued.cert_chain_pems[0].write_to_path(names["cert"])
    issued.private_key_pem.write_to_path(names["key"])
    authority.cert_pem.write_to_path(names["ca"])
    server = RedisServer(
        *("--tls-cert-file", names["cert"], "--tls-key-file", names["key"]),
        *("--tls-ca-cert-file", names["ca"], "--tls-auth-clients", "no"),
    )
    try:
        it = server.listen(more, scheme="rediss")
        error = caught(it.wait, 1)
        assert type(error) is ConfigurationError
        assert "SSL_CERT_FILE" in str(error)
        machine.setenv("SSL_CERT_FILE", names["ca"])
        assert [] == list(it.wait(0))
        announce(server.uri(more, "rediss"), NAMED)
        assert [NAMED] == list(it.wait(PATIENCE))
        assert type(caught(server.listen(more).wait, 1)) is ProviderUnavailableError
    finally:
        server.close()


@pytest.mark.parametrize(
    "announcement",
    [
        Announcement(name=CANARY),
        Announcement(version=CANARY),
        Announcement(scheme=CANARY),
        Announcement(name="x" * 513),
        Announcement(name="a\nb"),
        Announcement(name=7),
        Announcement(name=""),
    ],
    ids=range(7),
)
def test_what_looks_like_a_key_is_never_announced(announcement) -> None:
    error = caught(announce, f"redis://{refusing_address()}/0", announcement)
    assert type(error) is ConfigurationError
    assert CANARY not in repr(error)


def test_the_refusal_of_a_key_does_not_show_it() -> None:
    error = caught(announce, "redis://localhost", Announcement(name=CANARY))
    assert_no_leak(CANARY, error)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("redis://localhost", ("localhost", 6379, 0)),
        ("redis://localhost:7000", ("localhost", 7000, 0)),
        ("redis://10.0.0.1:7000/", ("10.0.0.1", 7000, 0)),
        ("rediss://cache.example/3?channel=x", ("cache.example", 6379, 3)),
        ("redis://[::1]:7000/2?stream=y", ("::1", 7000, 2)),
    ],
)
def test_addresses(text, expected) -> None:
    assert expected == _client.address_of(SourceURI.parse(text))[:3]


@pytest.mark.parametrize(
    "text",
    [
        "redis:",
        "redis://host:port/0",
        "redis://host/name",
        "redis://host/0/1",
        f"redis:user:{PASSWORD}@host/0",
        "redis://host/0?channel=a&stream=b",
        "redis://host/0?color=red",
    ],
    ids=range(7),
)
def test_what_is_no_address_is_refused(text) -> None:
    error = caught(RedisAnnouncements, SourceURI.parse(text))
    assert type(error) is ConfigurationError
    assert PASSWORD not in str(error)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (redis.exceptions.BusyLoadingError(CANARY), ProviderUnavailableError),
        (redis.exceptions.ClusterDownError(CANARY), ProviderUnavailableError),
        (redis.exceptions.TryAgainError(CANARY), ProviderUnavailableError),
        (redis.exceptions.OutOfMemoryError(CANARY), ProviderUnavailableError),
        (redis.exceptions.MovedError("1 127.0.0.1:7000"), ConfigurationError),
        (redis.exceptions.TimeoutError(CANARY), ProviderUnavailableError),
        (ssl.SSLCertVerificationError(f"CERTIFICATE_VERIFY_FAILED {CANARY}"), ConfigurationError),
        (ConnectionResetError(CANARY), ProviderUnavailableError),
        (KeyError(CANARY), ProviderUnavailableError),
    ],
    ids=range(9),
)
def test_what_a_server_of_the_test_cannot_be_brought_to(error, kind) -> None:
    ours = translated(error)
    assert type(ours) is kind
    assert_no_leak(CANARY, ours)


def test_building_it_asks_nobody_and_closing_it_neither() -> None:
    it = RedisAnnouncements(SourceURI.parse("redis://nothing.invalid"))
    it.close()
    it.close()


def test_the_environment_is_not_kept(machine) -> None:
    machine.setenv("REDIS_PASSWORD", CANARY)
    assert_no_leak(CANARY, RedisAnnouncements(SourceURI.parse("redis://localhost")))
    assert (CANARY,) == _client.Login().get_credentials()
    os.environ.pop("REDIS_PASSWORD")
    assert () == _client.Login().get_credentials()
