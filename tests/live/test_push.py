"""Announcements reach the handles that they are about, and nobody depends on them."""

from __future__ import annotations

import asyncio
import json
import queue
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

import boto3
import pytest
from live_support import inside, threads
from moto.server import ThreadedMotoServer
from support import caught, token
from waiting import PATIENCE, wait_for

from binance_creds import RefreshPolicy, SourceURI, aload_credentials, load_credentials
from binance_creds.errors import (
    AccessDeniedError,
    ConfigurationError,
    ProviderUnavailableError,
)
from binance_creds.live import Announcement, ChangeSource, Kind, State
from binance_creds.live.push import _listeners as _push
from binance_creds.live.push import _registry
from binance_creds.live.push._matching import is_about
from binance_creds.live.push._registry import change_source_for
from binance_creds.live.run._engine import ENGINE
from binance_creds.live.run._locks import LISTENERS
from binance_creds.providers import memory
from binance_creds.providers.aws import _login as aws_login

RARELY = {"poll": "1h", "max_stale": "2h", "ttl": "1h"}


class Radio:
    """A push source whose announcements the test makes; one object a URI."""

    stations: ClassVar[dict[str, Radio]] = {}
    longest_wait_seconds = 0.05

    def __init__(self, uri: SourceURI) -> None:
        self.said: queue.Queue = queue.Queue()
        self.waits_seconds = 0.0
        self.is_closed = threading.Event()
        Radio.stations[uri.location] = self

    def wait(self, timeout_seconds: float):
        self.waits_seconds = min(timeout_seconds, self.longest_wait_seconds)
        try:
            found = self.said.get(timeout=self.waits_seconds)
        except queue.Empty:
            return ()
        if isinstance(found, BaseException):
            raise found
        return found

    def close(self) -> None:
        self.is_closed.set()
        self.said.put(())  # as the law says, it ends a `wait`


@pytest.fixture(autouse=True)
def radio(monkeypatch):
    """The scheme `radio`, without pauses."""
    monkeypatch.setitem(_registry.BUILT_IN, "radio", "live.push._registry:Radio")
    monkeypatch.setattr(_registry, "Radio", Radio, raising=False)
    monkeypatch.setattr(_push, "FIRST_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(_push, "LONGEST_PAUSE_SECONDS", 0.002)
    Radio.stations.clear()


@pytest.fixture
def silent(monkeypatch) -> None:
    """Stations answer what the test makes them say, and nothing before it listens to events."""
    monkeypatch.setattr(Radio, "longest_wait_seconds", PATIENCE)


def pair() -> dict[str, str]:
    return {"api_key": token(), "api_secret": token()}


def listening(name: str, *stations: str, **more):
    """Return a handle that hears of changes from stations alone, and its source's pair."""
    fields = pair()
    memory.register(name, fields)
    policy = RefreshPolicy(push=[f"radio:{station}" for station in stations], **{**RARELY, **more})
    return load_credentials(f"memory:{name}", live=True, refresh=policy)


def interfering(start):
    """Return a `Thread.start` that does something else for the threads that listen."""
    real = threading.Thread.start

    def begin(thread) -> None:
        (start if thread.name == "binance-creds radio" else real)(thread)

    return begin


def no_start(thread) -> None:
    raise RuntimeError("can't start new thread")


class TestWhatItIsAbout:
    @pytest.mark.parametrize(
        ("source", "announcement", "expected"),
        [
            ("aws-sm://prod/main", Announcement("aws-sm", "prod/main"), True),
            ("aws-sm://prod/main", Announcement("aws-sm", "prod/other"), False),
            ("aws-sm://prod/main", Announcement("vault", "prod/main"), False),
            ("aws-sm://prod/main", Announcement("aws-sm"), True),
            ("aws-sm://prod/main", Announcement(None, "prod/main"), True),
            ("aws-sm://prod/main", Announcement(), True),
            ("aws-sm:arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/main-AbC123",
             Announcement("aws-sm", "prod/main"), True),
            ("aws-sm:arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/main",
             Announcement("aws-sm", "prod/main"), True),
            ("aws-sm:arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/main-AbC123",
             Announcement("aws-sm", "prod/other"), False),
            ("aws-sm:arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/binance-config",
             Announcement("aws-sm", "prod/binance-config"), True),
            ("aws-sm:arn:aws:secretsmanager:eu-west-1:123456789012:secret:my-trader-AbC123",
             Announcement("aws-sm", "my-trader"), True),
            ("vault://secret/prod/main", Announcement("vault", "secret/prod/main"), True),
            ("openbao://secret/prod/main", Announcement("vault", "secret/prod/main"), True),
            ("vault://secret/prod/main", Announcement("openbao", "secret/prod/main"), True),
            ("gcp-sm://my-project/bot", Announcement("gcp-sm", "bot"), True),
            ("gcp-sm:projects/p/secrets/bot/versions/latest", Announcement("gcp-sm", "bot"), True),
            ("azure-kv://my-vault/bot", Announcement("azure-kv", "bot"), True),
            ("azure-kv://my-vault/bot", Announcement("azure-kv", "other"), False),
            ("azure-kv://my-vault/binance", Announcement("azure-kv", "Binance"), True),
            ("azure-kv://my-vault/Binance", Announcement("azure-kv", "binance"), True),
            ("gcp-sm://my-project/bot", Announcement("gcp-sm", "Bot"), False),
        ],
    )  # fmt: skip
    def test_it_is_told_by_scheme_and_name(self, source, announcement, expected) -> None:
        """Account, project and vault are left out: a wrong guess costs one request."""
        assert is_about(announcement, SourceURI.parse(source)) is expected


class TestBuilding:
    @pytest.mark.parametrize("scheme", sorted(set(_registry.BUILT_IN) - {"radio"}))
    def test_every_scheme_leads_to_a_change_source(self, scheme, monkeypatch) -> None:
        location = {
            "sqs": "sqs:https://sqs.eu-west-1.amazonaws.com/123456789012/q",
            "pubsub": "pubsub://my-project/my-subscription",
            "storage-queue": "storage-queue:https://account.queue.core.windows.net/events",
            "signal": "signal:SIGUSR2",
        }.get(scheme, f"{scheme}://127.0.0.1:1/0")
        source = change_source_for(location)
        assert isinstance(source, ChangeSource)
        source.close()

    def test_an_unknown_scheme_lists_the_known_ones(self) -> None:
        error = caught(change_source_for, "kafka://x")
        assert isinstance(error, ConfigurationError)
        assert "redis" in str(error)

    def test_a_wrong_push_source_is_told_at_the_load(self, caplog) -> None:
        """By the error alone: nothing was open that could be closed."""
        caplog.set_level("INFO", "binance_creds")
        memory.register("wrong", pair())
        error = caught(
            load_credentials,
            "memory:wrong",
            live=True,
            refresh=RefreshPolicy(push=["kafka://x"]),
        )
        assert isinstance(error, ConfigurationError)
        assert ENGINE.log.flush(PATIENCE)
        assert [] == caplog.messages


class TestListening:
    def test_an_announcement_brings_the_new_pair(self) -> None:
        with listening("heard", "one") as live:
            new = pair()
            memory.register("heard", new)
            Radio.stations["one"].said.put([Announcement("memory", "heard")])
            wait_for(lambda: live.current.api_key.reveal() == new["api_key"])

    def test_one_about_another_secret_changes_nothing(self) -> None:
        with listening("mine", "one") as live:
            old = live.current
            memory.register("mine", pair())
            Radio.stations["one"].said.put([Announcement("memory", "other")])
            wait_for(Radio.stations["one"].said.empty)
            assert live.current is old

    def test_many_handles_share_one_listener(self) -> None:
        """And it ends with the last of them."""
        first, second = listening("first", "shared"), listening("second", "shared")
        station = Radio.stations["shared"]
        wait_for(lambda: [t.name for t in threading.enumerate()].count("binance-creds radio") == 1)
        first.close()
        assert not station.is_closed.is_set()
        second.close()
        assert station.is_closed.wait(PATIENCE)

    def test_handles_that_begin_at_once_share_a_thread_too(self) -> None:
        with LISTENERS:  # the first thread has not begun when the second handle wants one
            first, second = listening("first", "shared"), listening("second", "shared")
        with first, second:
            for live in (first, second):
                wait_for(lambda live=live: "radio" in live.status().change_sources)
            wait_for(lambda: 1 == len(threads("binance-creds radio")))

    def test_who_joins_later_knows_at_once_that_announcements_arrive(self, monkeypatch) -> None:
        """The listener is in the middle of a wait, and says nothing before its end."""
        with listening("early", "shared") as early:
            wait_for(lambda: "radio" in early.status().change_sources)
            monkeypatch.setattr(Radio, "longest_wait_seconds", 20)
            station = Radio.stations["shared"]
            wait_for(lambda: station.waits_seconds == 20)
            with listening("later", "shared") as later:
                assert ("radio", "poll") == later.status().change_sources
                assert inside(later).machine.schedule.has_push
            station.said.put(())

    def test_leaving_twice_is_fine(self) -> None:
        with listening("twice", "one") as live:
            end = inside(live).changes.ends[0]
            end()
            end()

    def test_polls_are_rare_while_announcements_arrive(self) -> None:
        with listening("slow", "one", poll="30s", ttl="5m", jitter=0) as live:
            wait_for(lambda: "radio" in live.status().change_sources)
            live.refresh()
            assert live.status().next_check_seconds > 200

    def test_a_lost_source_is_told_once_and_again_when_it_is_back(self, silent) -> None:
        events = []
        with listening("lossy", "one") as live:
            live.on_event(events.append)
            station = Radio.stations["one"]
            station.said.put(())
            wait_for(lambda: "radio" in live.status().change_sources)
            for _ in range(5):
                station.said.put(ProviderUnavailableError("gone"))
            station.said.put(())
            wait_for(lambda: Kind.PUSH_LOST in {event.kind for event in events})
            wait_for(lambda: [e.kind for e in events].count(Kind.PUSH_BACK) == 2)
        kinds = [event.kind for event in events if event.kind is not Kind.CLOSED]
        assert [Kind.PUSH_BACK, Kind.PUSH_LOST, Kind.PUSH_BACK] == kinds
        assert events[1].code == "unavailable"

    def test_a_source_that_never_works_is_told_with_the_reason(self, silent) -> None:
        """Such as a queue that does not exist: nobody would look into the status."""
        events = []
        with listening("never", "one") as live:
            live.on_event(events.append)
            Radio.stations["one"].said.put(AccessDeniedError("this identity may not listen."))
            wait_for(lambda: events)
        assert events[0].kind is Kind.PUSH_LOST
        assert events[0].code == "permission_denied"
        assert events[0].message.endswith("polling continues: this identity may not listen.")

    def test_one_that_is_lost_does_not_hide_another_of_its_kind(self, silent) -> None:
        events = []
        with listening("both", "one", "two", poll="30s", ttl="5m", jitter=0) as live:
            live.on_event(events.append)
            for station in Radio.stations.values():
                station.said.put(())
            wait_for(lambda: [e.kind for e in events].count(Kind.PUSH_BACK) == 2)
            heard = len(events)
            for _ in range(3):
                Radio.stations["one"].said.put(ProviderUnavailableError("gone"))
            Radio.stations["one"].said.put(())
            wait_for(lambda: len(events) >= heard + 2)
            assert [Kind.PUSH_LOST, Kind.PUSH_BACK] == [e.kind for e in events[heard:]]
            assert ("radio", "poll") == live.status().change_sources

    def test_polls_are_as_usual_as_soon_as_announcements_do_not_arrive(self) -> None:
        with listening("gap", "one", poll="30s", ttl="5m", jitter=0) as live:
            wait_for(lambda: "radio" in live.status().change_sources)
            live.refresh()
            Radio.stations["one"].said.put(ProviderUnavailableError("gone"))
            wait_for(lambda: live.status().next_check_seconds <= 30)

    def test_a_defect_of_a_source_is_a_source_that_is_lost(self) -> None:
        events = []
        with listening("defect", "one") as live:
            live.on_event(events.append)
            Radio.stations["one"].said.put(ZeroDivisionError())
            wait_for(lambda: Kind.PUSH_LOST in {event.kind for event in events})
            Radio.stations["one"].said.put(())
            wait_for(lambda: "radio" in live.status().change_sources)

    def test_a_thread_that_cannot_start_is_told_and_tried_again(self, monkeypatch, caplog) -> None:
        """The load succeeds, nothing claims to hear; each read tries again."""
        caplog.set_level("INFO", "binance_creds.live")
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", interfering(no_start))
            live = listening("threadless", "one")
            live.refresh()
            assert ("poll",) == live.status().change_sources
        wait_for(lambda: any("announcements" in one for one in caplog.messages))
        (told,) = [one for one in caplog.messages if "announcements" in one]
        assert "change announcements stopped; polling continues: no thread" in told
        with live:
            live.refresh()
            wait_for(lambda: ("radio", "poll") == live.status().change_sources)

    def test_who_joins_a_source_without_a_thread_is_told_too(self, monkeypatch, caplog) -> None:
        """And by the first thread that starts both hear."""
        caplog.set_level("INFO", "binance_creds.live")
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", interfering(no_start))
            first, second = listening("first", "one"), listening("second", "one")
        wait_for(lambda: 2 == sum("announcements stopped" in one for one in caplog.messages))
        with first, second, listening("third", "one") as third:
            for live in (first, second, third):
                wait_for(lambda live=live: ("radio", "poll") == live.status().change_sources)

    @pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
    def test_a_thread_that_dies_is_told_and_tried_again(self) -> None:
        events = []
        with listening("mortal", "one") as live:
            live.on_event(events.append)
            wait_for(lambda: "radio" in live.status().change_sources)
            Radio.stations["one"].said.put(GeneratorExit())
            wait_for(lambda: ("poll",) == live.status().change_sources)
            wait_for(lambda: events and events[-1].kind is Kind.PUSH_LOST)
            live.refresh()
            wait_for(lambda: ("radio", "poll") == live.status().change_sources)

    def test_a_start_that_is_interrupted_leaves_nothing_behind(self, monkeypatch) -> None:
        """As by Ctrl-C, after the thread has begun; the next handle hears."""
        start = threading.Thread.start

        def interrupted(thread) -> None:
            start(thread)
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", interfering(interrupted))
            with pytest.raises(KeyboardInterrupt):
                listening("interrupted", "one")
        assert Radio.stations["one"].is_closed.is_set()
        wait_for(lambda: not threads("binance-creds radio"))
        with listening("interrupted", "one") as live:
            wait_for(lambda: "radio" in live.status().change_sources)

    def test_a_signal_makes_polls_no_rarer(self) -> None:
        """It is sent by hand: no store announces by it."""
        memory.register("by-hand", pair())
        policy = RefreshPolicy(push=["signal:SIGUSR2"], poll="30s", ttl="5m", jitter=0)
        with load_credentials("memory:by-hand", live=True, refresh=policy) as live:
            wait_for(lambda: "signal" in live.status().change_sources)
            live.refresh()
            assert live.status().next_check_seconds <= 30

    def test_asyncio_may_listen_to_a_signal(self) -> None:
        """Only the main thread can, and it is there that the loop runs."""
        memory.register("in-loop", pair())

        async def main() -> None:
            policy = RefreshPolicy(push=["signal:SIGUSR2"], **RARELY)
            async with await aload_credentials("memory:in-loop", live=True, refresh=policy) as live:
                first = live.current
                memory.register("in-loop", pair())
                signal.raise_signal(signal.SIGUSR2)
                while live.current is first:
                    await asyncio.sleep(0.002)

        asyncio.run(asyncio.wait_for(main(), PATIENCE))

    @pytest.mark.parametrize("has_thread", [True, False])
    def test_the_end_of_an_async_block_puts_a_handler_back(self, monkeypatch, has_thread) -> None:
        """As that of `with` does: else the signal would not end the process any more."""
        memory.register("put-back", pair())
        policy = RefreshPolicy(push=["signal:SIGUSR2"], **RARELY)
        before = signal.getsignal(signal.SIGUSR2)

        def refuse(thread) -> None:
            raise RuntimeError("can't start new thread")

        async def main() -> None:
            async with await aload_credentials(
                "memory:put-back", live=True, refresh=policy
            ) as live:
                assert before is not signal.getsignal(signal.SIGUSR2)
                if not has_thread:
                    monkeypatch.setattr(threading.Thread, "start", refuse)
            assert live.status().state is State.CLOSED

        asyncio.run(main())
        assert before is signal.getsignal(signal.SIGUSR2)

    def test_a_child_that_cannot_listen_reads(self, monkeypatch) -> None:
        """A pool's thread reads first there, and cannot install the handler of a signal."""
        memory.register("child", pair())
        events = []
        policy = RefreshPolicy(push=["signal:SIGUSR2"], **RARELY)
        with load_credentials("memory:child", live=True, refresh=policy) as live:
            live.on_event(events.append)
            first = live.current
            monkeypatch.setattr(_push, "ALL", _push.Listeners())
            ENGINE.start_over()
            with ThreadPoolExecutor(1) as pool:
                assert pool.submit(lambda: live.current).result() is first
            wait_for(lambda: events)
            assert Kind.PUSH_LOST is events[0].kind
            assert "main thread" in events[0].message

    def test_a_storm_of_announcements_makes_few_reads(self) -> None:
        with listening("storm", "one") as live:
            before = inside(live).machine.serial
            for _ in range(500):
                Radio.stations["one"].said.put([Announcement("memory", "storm")] * 4)
            began = time.monotonic()
            wait_for(Radio.stations["one"].said.empty)
            allowed = 3 + (time.monotonic() - began) / 0.02  # what is local is read that often
            assert inside(live).machine.serial - before <= allowed


@pytest.fixture
def amazon(monkeypatch, tmp_path):
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLEEXAMPLE00",
        "AWS_SECRET_ACCESS_KEY": token()[:40],
        "AWS_REGION": "ap-northeast-1",
        "AWS_DEFAULT_REGION": "ap-northeast-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(tmp_path / "none"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"),
    }.items():
        monkeypatch.setenv(name, value)
    aws_login.CLIENTS.clear()
    yield f"http://{host}:{port}"
    wait_for(lambda: not threads("binance-creds sqs"), "the last request of the listener")
    aws_login.CLIENTS.clear()
    server.stop()


@pytest.mark.unmeasured
def test_a_rotation_arrives_through_sqs_long_before_the_next_poll(amazon) -> None:
    """Real boto3, real queue; the version that the event names is what is read."""
    store = boto3.client("secretsmanager", endpoint_url=amazon)
    queues = boto3.client("sqs", endpoint_url=amazon)
    arn = store.create_secret(Name="bot/sqs", SecretString=json.dumps(pair()))["ARN"]
    url = queues.create_queue(QueueName="bot")["QueueUrl"]
    place = f"{amazon}/{url.split('/', 3)[3]}"
    policy = RefreshPolicy(
        push=[f"sqs:{place}?region=ap-northeast-1&endpoint_url={amazon}"], **RARELY
    )
    source = f"aws-sm://bot/sqs?endpoint_url={amazon}"
    with load_credentials(source, live=True, refresh=policy) as live:
        wait_for(lambda: "sqs" in live.status().change_sources)
        new = pair()
        version = store.put_secret_value(SecretId="bot/sqs", SecretString=json.dumps(new))[
            "VersionId"
        ]
        event = {
            "detail-type": "Secret Label Updated",
            "source": "aws.secretsmanager",
            "resources": [arn],
            "detail": {"name": "bot/sqs", "labelUpdated": "AWSCURRENT", "versionId": version},
        }
        queues.send_message(QueueUrl=url, MessageBody=json.dumps(event))
        wait_for(lambda: live.current.version == version)
        assert new["api_key"] == live.current.api_key.reveal()
        assert live.status().next_check_seconds > PATIENCE
