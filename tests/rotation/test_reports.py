"""What bots report is read from files and metrics; what is broken there is named, never raised."""

from __future__ import annotations

import http.server
import json
import os
import socket
import threading
from datetime import UTC, datetime, timedelta

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance_creds._process import machine, started
from binance_creds.rotation import BotReport, reports_of, usage_of

NOW = datetime.now(UTC)


def said(**other):
    """Return what a process of this machine says that runs: this one."""
    handle = {
        "fingerprint": "0123abcd",
        "profile": "main",
        "source": "dotenv:/srv/.env",
        "version": "v1",
        "state": "fresh",
        "since": NOW.isoformat(),
    }
    return {
        "format": 1,
        "program": "bot.py",
        "host": "trade-1",
        "machine": machine(),
        "pid": os.getpid(),
        "started": started(os.getpid()),
        "written_at": NOW.isoformat(),
        "heartbeat_seconds": 60,
        "handles": [handle],
    } | other


@pytest.fixture
def folder(tmp_path):
    tmp_path.chmod(0o700)
    return tmp_path


def put(folder, content, name="binance-creds-1.json"):
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    path.chmod(0o600)
    os.utime(path, (0, 0))  # what was written just now is read twice
    return path


def only(*places) -> BotReport:
    (report,) = reports_of(places)
    return report


def test_a_file_says_which_key_a_process_uses(folder):
    path = put(folder, said())
    expected = BotReport(
        str(path), fingerprint="0123abcd", seen_at=NOW, heartbeat_seconds=60.0, program="bot.py",
        host="trade-1", pid=os.getpid(), profile="main", source="dotenv:/srv/.env", version="v1",
        state="fresh", since=NOW,
    )  # fmt: skip
    assert expected == only(folder) == only(path) == only(str(folder))


def test_each_handle_of_a_process_is_a_report(folder):
    put(folder, said(handles=said()["handles"] * 3))
    assert 3 == len(reports_of([folder]))


def test_each_file_of_a_folder_is_read_and_others_are_not(folder):
    put(folder, said(), "binance-creds-a.json")
    put(folder, said(), "binance-creds-b.json")
    put(folder, "{", ".binance-creds-c.json.new")
    put(folder, "{", "notes.json")
    assert 2 == len(reports_of([folder]))


def test_an_empty_folder_says_nothing(folder):
    assert () == reports_of([folder])


@pytest.mark.parametrize(
    "other",
    [{"pid": 2**22 + 5}, {"started": 1}],
    ids=["no such process", "its number was given to another process"],
)
@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="this system says no start times")
def test_a_process_of_this_machine_that_has_ended_is_left_out(folder, other):
    put(folder, said(**other))
    assert () == reports_of([folder])


def test_a_process_of_another_machine_counts_by_its_heartbeat(folder):
    put(folder, said(machine="another", pid=2**22 + 5))
    assert "0123abcd" == only(folder).fingerprint


GARBAGE = {
    "empty": "",
    "no JSON": "<html>",
    "a list": "[]",
    "a text": '"text"',
    "a number": "1",
    "nothing in it": "{}",
    "deep": "[" * 100_000,
    "binary": "\x00\x01",
    "a huge number": '{"format": 1, "pid": ' + "9" * 5000 + "}",
    "another format": said(format=2),
    "a pid that is a path": said(pid="1/../1"),
    "a negative pid": said(pid=-1),
    "a pid that is true": said(pid=True),
    "no time": said(written_at="yesterday"),
    "a time that is a number": said(written_at=5),
    "no heartbeat": said(heartbeat_seconds=float("nan")),
    "a heartbeat of a year": said(heartbeat_seconds=3e7),
    "a heartbeat that is a text": said(heartbeat_seconds="60"),
    "no handles": said(handles=None),
    "handles of another kind": said(handles=[1]),
    "no fingerprint": said(handles=[said()["handles"][0] | {"fingerprint": "x" * 64}]),
    "a fingerprint that is none": said(handles=[said()["handles"][0] | {"fingerprint": None}]),
}


@pytest.mark.parametrize("content", GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_is_named(folder, content):
    path = put(folder, content)
    report = only(folder)
    assert str(path) == report.place
    assert "binance-creds" in report.problem
    assert report.fingerprint is None


def test_a_good_file_beside_garbage_is_read(folder):
    put(folder, "{", "binance-creds-a.json")
    put(folder, said(), "binance-creds-b.json")
    assert [None, "0123abcd"] == [one.fingerprint for one in reports_of([folder])]


def test_what_others_wrote_is_safe_to_print(folder):
    put(folder, said(program="\x1b[2Jbot\n", host="h" * 5000))
    report = only(folder)
    assert "?[2Jbot?" == report.program
    assert 200 == len(report.host)
    assert str(report).isprintable()


def test_a_huge_file_is_named(folder):
    path = folder / "binance-creds-1.json"
    path.touch(0o600)
    os.truncate(path, 9 * 1024 * 1024)
    assert "larger than" in only(folder).problem


def test_a_file_that_is_gone_is_named(folder):
    report = only(folder / "binance-creds-1.json")
    assert "no such file" in report.problem
    assert "no such file" in only(folder / "nothing" / "here").problem


def test_a_process_that_ends_while_the_folder_is_read_is_left_out(folder, monkeypatch):
    put(folder, said())
    names = [*os.listdir(folder), "binance-creds-2.json"]
    monkeypatch.setattr(os, "listdir", lambda _: names)
    assert "0123abcd" == only(folder).fingerprint


def test_a_folder_that_others_can_write_is_refused(folder):
    put(folder, said())
    folder.chmod(0o777)
    assert "can exchange the files" in only(folder).problem


def test_a_file_that_others_can_write_is_refused(folder):
    put(folder, said()).chmod(0o666)
    assert "can write" in only(folder).problem


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root")
def test_a_file_of_another_user_is_refused(folder):
    folder.chmod(0o1777)
    os.chown(put(folder, said()), 12345, 12345)
    assert "belongs to another user" in only(folder).problem


def test_a_pipe_is_refused_without_waiting(folder):
    os.mkfifo(folder / "binance-creds-1.json", 0o600)
    assert "not a regular file" in only(folder).problem


def test_a_path_that_cannot_be_is_named():
    assert "cannot be read" in only("/tmp/\0").problem


# metrics


class Metrics(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        status, content = self.server.answer
        self.send_response(status)
        self.send_header("Location", "http://127.0.0.1:1/")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def page():
    """Serve an answer; `page.answer` is the status and the content."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Metrics) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        server.asked = []
        server.answer = 200, b""
        server.url = f"http://127.0.0.1:{server.server_port}/metrics"
        yield server
        server.shutdown()
        thread.join()


SAMPLE = (
    "# TYPE binance_creds_live_age_seconds gauge\n"
    'binance_creds_live_age_seconds{binance_creds_key_fingerprint="0123abcd",binance_creds_origin="a\\"b\\\\c\\nd",binance_creds_state="fresh"} 5\n'
    'binance_creds_live_age{binance_creds_key_fingerprint="89abcdef",binance_creds_origin="memory:b",binance_creds_state="stale"} 7.5\n'
    'other{fingerprint="00000000"} 1\n'
)


def test_metrics_say_which_keys_a_process_uses(page):
    page.answer = 200, SAMPLE.encode()
    first, second = reports_of([page.url])
    assert ("0123abcd", 'a"b\\c?d', "fresh") == (first.fingerprint, first.source, first.state)
    assert ("89abcdef", "memory:b", "stale") == (second.fingerprint, second.source, second.state)
    assert page.url == first.place
    assert timedelta(0) <= datetime.now(UTC) - first.seen_at < timedelta(seconds=60)


def test_a_query_is_sent_and_not_shown(page):
    page.answer = 200, SAMPLE.encode()
    assert page.url == reports_of([f"{page.url}?token=sesame"])[0].place
    page.answer = 500, b""
    assert page.url == only(f"{page.url}?token=sesame").place
    assert ["/metrics?token=sesame"] * 2 == page.asked


def test_metrics_of_an_older_version_say_no_key(page):
    page.answer = (
        200,
        b'binance_creds_live_age{binance_creds_origin="a",binance_creds_state="fresh"} 5\n',
    )
    assert "do not say the fingerprint" in only(page.url).problem


@pytest.mark.parametrize("content", [b"<html>hello</html>", b"", b"\xff\xfe", b"a 1\n"])
def test_what_is_no_metrics_is_named(page, content):
    page.answer = 200, content
    assert "has no metric" in only(page.url).problem


def test_a_huge_answer_is_not_read_to_its_end(page):
    page.answer = 200, b"a 1\n" * 3_000_000
    assert "no usable answer" in only(page.url).problem


@pytest.mark.parametrize("status", [302, 404, 500])
def test_another_status_is_named_and_no_redirect_followed(page, status):
    page.answer = status, SAMPLE.encode()
    assert f"HTTP status {status}" in only(page.url).problem


def test_an_address_where_nobody_listens_is_named():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert "ConnectionRefusedError" in only(f"http://127.0.0.1:{port}/").problem


def test_what_is_not_http_is_named():
    def answer():
        connection, _ = server.accept()
        with connection:
            connection.sendall(b"SSH-2.0\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answer)
        thread.start()
        assert "no usable answer" in only(f"http://127.0.0.1:{server.getsockname()[1]}").problem
        thread.join()


def test_https_needs_a_certificate_that_is_trusted(page):
    assert "no usable answer" in only(page.url.replace("http:", "https:")).problem


@pytest.mark.parametrize(
    "url", ["http://example.com/metrics", "http://10.0.0.1:9464/", "http://127.0.0.1.evil.example/"]
)
def test_http_is_for_this_machine(url):
    assert "`http` is for this machine" in only(url).problem


@pytest.mark.parametrize(
    "url",
    [
        "ftp://127.0.0.1/",
        "http://",
        "http://[::1",
        "http://127.0.0.1:99999/",
        "://",
        "http://127.0.0.1:0/",
    ],
)
def test_what_is_no_url_is_named(url):
    assert "URL" in only(url).problem


def test_a_url_with_a_login_is_refused_and_its_password_not_shown():
    report = only("http://user:sesame@127.0.0.1/metrics")
    assert "without user and password" in report.problem
    assert "sesame" not in repr(report)


# whatever is there

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(sorted(said())), JSON, min_size=1))
@hypothesis.settings(max_examples=80, suppress_health_check=list(hypothesis.HealthCheck))
def test_no_file_raises(folder, other):
    put(folder, said(**other))
    for report in reports_of([folder]):
        assert (report.problem is None) is (report.seen_at is not None)
        assert str(report).isprintable()


@given(st.text(max_size=60), st.text(max_size=60))
@hypothesis.settings(max_examples=50, suppress_health_check=list(hypothesis.HealthCheck))
def test_no_answer_raises(page, label, value):
    text = f'binance_creds_live_age{{binance_creds_key_fingerprint="0123abcd",{label}="{value}"}} 1\n{value}\n'
    page.answer = 200, text.encode("utf-8", "replace")
    for report in reports_of([page.url]):
        assert (report.problem is None) is (report.seen_at is not None)
        assert str(report).isprintable()


# who uses what

FRESH = BotReport("a", fingerprint="0123abcd", seen_at=NOW)
OTHER = BotReport("b", fingerprint="89abcdef", seen_at=NOW)
SILENT = BotReport("c", fingerprint="89abcdef", seen_at=NOW - timedelta(seconds=181))
AHEAD = BotReport("d", fingerprint="89abcdef", seen_at=NOW + timedelta(hours=1))
BROKEN = BotReport("e", problem="broken")


def test_reports_are_sorted_by_what_they_say_of_a_key():
    usage = usage_of("0123abcd", [FRESH, OTHER, SILENT, AHEAD, BROKEN], now=NOW)
    assert ((FRESH,), (OTHER,), (SILENT, AHEAD), (BROKEN,)) == tuple(usage)


@pytest.mark.parametrize(
    ("reports", "is_unused"),
    [([OTHER], True), ([], False), ([OTHER, FRESH], False), ([OTHER, SILENT], False), ([OTHER, BROKEN], False)],
)  # fmt: skip
def test_a_key_is_unused_if_every_report_is_recent_and_names_another(reports, is_unused):
    assert is_unused is usage_of("0123abcd", reports, now=NOW).is_unused


def test_now_is_the_time_of_now():
    assert usage_of(
        "0123abcd", [BotReport("b", fingerprint="89abcdef", seen_at=datetime.now(UTC))]
    ).is_unused


def test_a_report_is_one_line_for_people():
    assert "e: broken" == str(BROKEN)
    when = f"{NOW:%Y-%m-%d %H:%M:%S} UTC"
    assert f"a: a handle uses key 0123abcd, at {when}" == str(FRESH)


def test_a_report_of_a_file_names_the_process():
    report = BotReport("f", fingerprint="0123abcd", seen_at=NOW, host="h", pid=7, profile="main")
    assert str(report).startswith("a bot (pid 7 on h): main uses key 0123abcd")
