"""Files and mounted secrets: a change is noticed at once, and is always of one generation."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import threading
from contextlib import suppress

import pytest
from live_support import Told, descriptors, inside, pair, settle_threads, threads
from waiting import wait_for

from binance_creds import RefreshPolicy, SourceURI, load_credentials
from binance_creds.errors import AccessDeniedError, MalformedSecretError
from binance_creds.live import Kind
from binance_creds.live.files._paths import paths_of
from binance_creds.live.run._engine import ENGINE
from binance_creds.providers.local.file import FileProvider

SLOW = RefreshPolicy(poll="1h", ttl="2h", max_stale="3h", jitter=0)  # a poll finds nothing in time
QUICK = RefreshPolicy(poll=0.02, jitter=0)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="there is no inotify here")


@pytest.fixture(autouse=True)
def _gives_everything_back():
    """Every descriptor and thread that a test of this file opened."""
    settle_threads()
    wait_for(lambda: not threads("binance-creds files"))
    before = descriptors()
    yield
    for subject in list(ENGINE.driver.subjects):
        ENGINE.remove(subject)
    wait_for(lambda: not threads("binance-creds files"))
    wait_for(lambda: descriptors() <= before, "giving the descriptors back")


def watched() -> set[int]:
    """Return the inodes that the kernel watches for this process: proc_pid_fdinfo(5)."""
    found = set()
    for number in os.listdir("/proc/self/fdinfo"):
        with suppress(OSError), open(f"/proc/self/fdinfo/{number}") as file:
            found |= {
                int(one, 16)
                for one in re.findall(r"^inotify.* ino:(\w+)", file.read(), re.MULTILINE)
            }
    return found


def write(path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)


def replace(path, text: str) -> None:
    """Put a whole new file in the place of the old one."""
    write(f"{path}.new", text)
    os.replace(f"{path}.new", path)


class Json:
    """One file that is a document."""

    def __init__(self, folder) -> None:
        self.path = folder / "pair.json"
        self.source = f"file:{self.path}"
        self.text = json.dumps

    def put(self, fields) -> None:
        replace(self.path, self.text(fields))


class Env(Json):
    """A `.env` file."""

    def __init__(self, folder) -> None:
        self.path = folder / ".env"
        self.source = f"dotenv:{self.path}"
        self.text = lambda fields: "".join(f"BINANCE_{n.upper()}={v}\n" for n, v in fields.items())


class Lines(Env):
    """A file of `.env` lines under another name."""

    def __init__(self, folder) -> None:
        super().__init__(folder)
        self.path = folder / "pair"
        self.source = f"file:{self.path}"


class Folder:
    """A directory of fields, written one after the other."""

    def __init__(self, folder) -> None:
        self.path = folder
        self.source = f"file:{folder}"

    def put(self, fields) -> None:
        for name, text in fields.items():
            replace(self.path / name, text)


class Kubernetes(Folder):
    """A mounted secret, as kubelet swaps it: a new generation, then one link."""

    number = 0

    def put(self, fields) -> None:
        old = os.path.realpath(self.path / "..data")
        self.number += 1
        new = self.path / f"..2027_{self.number}"
        new.mkdir(0o700)
        for name, text in fields.items():
            write(new / name, text)
        os.symlink(new.name, self.path / "..data_tmp")
        os.replace(self.path / "..data_tmp", self.path / "..data")
        for name in fields:
            if not os.path.islink(self.path / name):
                os.symlink(f"..data/{name}", self.path / name)
        if self.number > 1:
            shutil.rmtree(old)


class KubernetesDocument(Kubernetes):
    """One document in a mounted secret."""

    def __init__(self, folder) -> None:
        super().__init__(folder)
        self.source = f"file:{folder}/pair.json"

    def put(self, fields) -> None:
        super().put({"pair.json": json.dumps(fields)})


KINDS = (Json, Env, Folder, Kubernetes, KubernetesDocument)


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "mounted"
    path.mkdir(0o700)
    return path


def begin(place, **options):
    """Write a first pair; return the handle, its rotations and its events."""
    place.put(pair())
    rotations, events = Told(), Told()
    live = load_credentials(place.source, live=True, refresh=SLOW, on_rotation=rotations, **options)
    live.on_event(events)
    assert ("files", "poll") == live.status().change_sources
    return live, rotations, events


def arrives(live, fields) -> None:
    wait_for(lambda: live.current.api_key.reveal() == fields["api_key"], "the rotation")
    assert fields["api_secret"] == live.current.api_secret.reveal()


@pytest.mark.parametrize("kind", KINDS)
def test_a_replaced_generation_is_noticed(folder, kind) -> None:
    """Three times; one rotation each; nobody asks."""
    place = kind(folder)
    live, rotations, _ = begin(place)
    for count in range(1, 4):
        fields = pair()
        place.put(fields)
        arrives(live, fields)
        assert count <= len(rotations.wait(count)) <= count
    live.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_change_between_the_first_load_and_its_watch_is_noticed(folder, kind) -> None:
    """No event tells of it: the verifier runs before there is a watch."""
    place, changes = kind(folder), [pair()]
    place.put(pair())

    def verify(_) -> None:
        if len(changes) == 1:
            changes.append(pair())
            place.put(changes[1])

    with load_credentials(place.source, live=True, refresh=SLOW, verify=verify) as live:
        arrives(live, changes[1])


def repoint(link, target) -> None:
    """As `ln -sfn` does, whatever is there."""
    os.symlink(target, f"{link}.new")
    os.replace(f"{link}.new", link)


def relink(link, target) -> None:
    """With a moment in which nothing is there."""
    os.unlink(link)
    os.symlink(target, link)


@pytest.mark.parametrize("lead", [repoint, relink])
@pytest.mark.parametrize("kind", [Json, Folder])
@pytest.mark.parametrize("style", ["absolute", "relative", "through another link"])
def test_a_link_on_the_way_that_leads_elsewhere_is_noticed(tmp_path, kind, style, lead) -> None:
    """Twice; and what is written where it leads then; what it led to before is let go."""
    made = [tmp_path / f"v{number}" for number in (1, 2, 3)]
    place = kind(tmp_path / "creds")
    link = tmp_path / ("etc" if style == "through another link" else "") / "creds"
    if style == "through another link":
        link.parent.mkdir()
        os.symlink(link, tmp_path / "creds")

    def target(number: int):
        return os.path.relpath(made[number], link.parent) if style != "absolute" else made[number]

    generations = []
    for path in made:
        path.mkdir(0o700)
        generations.append(pair())
        kind(path).put(generations[-1])
    os.symlink(target(0), link)
    with load_credentials(place.source, live=True, refresh=SLOW) as live:
        for number in (1, 2):
            lead(link, target(number))
            arrives(live, generations[number])
        assert ("files", "poll") == live.status().change_sources
        wait_for(lambda: os.stat(made[1]).st_ino not in watched())
        last = pair()
        kind(made[2]).put(last)
        arrives(live, last)


def test_both_files_of_a_pair_in_two_are_watched(folder) -> None:
    """And so are the directories that they are in."""
    halves = {name: folder / name / "value" for name in ("api_key", "api_secret")}
    for half in halves.values():
        half.parent.mkdir(0o700)

    def put(fields) -> None:
        for name, text in fields.items():
            replace(halves[name], text)

    put(pair())
    config = {"profiles": {"main": {name: f"file:{half}" for name, half in halves.items()}}}
    with load_credentials(profile="main", config=config, live=True, refresh=SLOW) as live:
        assert ("files", "poll") == live.status().change_sources
        fields = pair()
        put(fields)
        wait_for(lambda: live.current.api_secret.reveal() == fields["api_secret"], "the rotation")
        assert fields["api_key"] == live.current.api_key.reveal()


@pytest.mark.parametrize("kind", [Json, Env])
def test_an_in_place_rewrite_is_noticed(folder, kind) -> None:
    """The same inode."""
    place = kind(folder)
    live, rotations, _ = begin(place)
    inode, fields = os.stat(place.path).st_ino, pair()
    write(place.path, place.text(fields))
    assert inode == os.stat(place.path).st_ino
    arrives(live, fields)
    assert 1 == len(rotations.wait())


@pytest.mark.filterwarnings("ignore:api_(key|secret) of")
@pytest.mark.parametrize("kind", [Json, Env, Lines])
def test_a_file_that_is_written_piece_by_piece_is_never_half_read(folder, kind) -> None:
    """The old pair serves until it is whole, however often the pieces before the last are read."""
    place = kind(folder)
    live, rotations, _ = begin(place)
    first, fields = live.current, pair()
    text = place.text(fields)
    for written in (0, 10, len(text) // 2, len(text) - 45, len(text) - 25, len(text) - 5):
        write(place.path, text[:written])
        with pytest.raises(MalformedSecretError):
            live.refresh()
        assert first is live.current
    write(place.path, text)
    arrives(live, fields)
    assert [first] == [one.previous for one in rotations.wait()]
    assert first is live.previous


@pytest.mark.parametrize("order", [("api_key", "api_secret"), ("api_secret", "api_key")])
def test_a_directory_that_is_written_file_by_file_never_gives_a_mixed_pair(folder, order) -> None:
    """However long after the first file the second comes."""
    place = Folder(folder)
    live, rotations, events = begin(place)
    first, fields = live.current, pair()
    write(folder / order[0], fields[order[0]])
    events.wait_kind(Kind.HALF_CHANGED)
    assert first is live.current
    write(folder / order[1], fields[order[1]])
    arrives(live, fields)
    assert [first] == [one.previous for one in rotations.wait()]
    assert first is live.previous


@pytest.mark.filterwarnings("ignore:api_(key|secret) of")
def test_a_pair_that_was_never_of_the_usual_form_may_change(store) -> None:
    """What a program was started with is not judged; what is whole once is not cut short later."""
    store.put("a", {"api_key": "k" + 30 * "1", "api_secret": "s" + 30 * "2"})
    with load_credentials("held:a", live=True, refresh=SLOW) as live:
        for fields in (pair(api_secret="t" + 30 * "3"), pair()):
            store.put("a", fields)
            assert fields["api_secret"] == live.refresh().api_secret.reveal()
        store.put("a", pair(api_key="k" + 62 * "1"))
        with pytest.raises(MalformedSecretError, match="half-written"):
            live.refresh()


@pytest.mark.parametrize("kind", [Json, Env])
def test_an_emptied_file_keeps_the_pair(folder, kind) -> None:
    """With one event; it recovers when it is written."""
    place = kind(folder)
    live, _, events = begin(place)
    first, fields = live.current, pair()
    write(place.path, "")
    events.wait_kind(Kind.FAILED)
    assert first is live.current
    write(place.path, place.text(fields))
    arrives(live, fields)
    events.wait_kind(Kind.ROTATED)


def test_a_file_that_is_deleted_and_recreated_is_followed(folder) -> None:
    """The pair stays meanwhile."""
    place = Json(folder)
    live, _, events = begin(place)
    first, fields = live.current, pair()
    place.path.unlink()
    events.wait_kind(Kind.FAILED)
    assert first is live.current
    write(place.path, place.text(fields))
    arrives(live, fields)


@pytest.mark.parametrize("removed", ["deleted", "moved"])
def test_a_directory_that_goes_and_comes_back_is_watched_again(folder, removed) -> None:
    """Deleted, or moved away: what is at the path counts, also the time after."""
    place = Folder(folder)
    live, _, events = begin(place)
    first = live.current
    if removed == "deleted":
        shutil.rmtree(folder)
        events.wait_kind(Kind.FAILED)
    else:
        os.rename(folder, f"{folder}.old")
    assert first is live.current
    folder.mkdir(0o700)
    for _ in range(2):
        fields = pair()
        place.put(fields)
        arrives(live, fields)


def test_the_same_time_and_size_with_new_content_is_noticed(folder) -> None:
    """Content decides, not what `stat` says."""
    place = Json(folder)
    live, _, _ = begin(place)
    before, fields = os.stat(place.path), pair()
    text = place.text(fields)
    assert before.st_size == len(text)
    with open(place.path, "r+") as file:
        file.write(text)
        file.flush()
        os.utime(file.fileno(), ns=(before.st_atime_ns, before.st_mtime_ns))
    after = os.stat(place.path)
    assert (before.st_mtime_ns, before.st_size) == (after.st_mtime_ns, after.st_size)
    arrives(live, fields)


@pytest.mark.parametrize("kind", KINDS)
def test_an_unchanged_rewrite_is_no_news(folder, kind, monkeypatch) -> None:
    """It is read, and nothing is told."""
    place, fields = kind(folder), pair()
    place.put(fields)
    rotations, events = Told(), Told()
    with load_credentials(place.source, live=True, refresh=SLOW, on_rotation=rotations) as live:
        live.on_event(events)
        first, confirmed = live.current, inside(live).machine.confirmed_at
        place.put(fields)
        wait_for(lambda: inside(live).machine.confirmed_at > confirmed)
        live.refresh()
        assert first is live.current
        assert [] == rotations.values == events.values


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads files of any permission")
def test_a_file_that_may_no_longer_be_read_stops(folder) -> None:
    """Confirmed once; and it is served again when it may be read."""
    place = Json(folder)
    live, _, events = begin(place)
    place.path.chmod(0)
    events.wait_kind(Kind.DENIED)
    with pytest.raises(AccessDeniedError):
        live.current
    place.path.chmod(0o600)
    events.wait_kind(Kind.RECOVERED)
    assert live.current


def test_permissions_that_let_others_write_stop(folder) -> None:
    """Noticed by the change of the mode alone; also for root."""
    place = Json(folder)
    live, _, events = begin(place)
    first = live.current
    place.path.chmod(0o666)
    events.wait_kind(Kind.FAILED)
    assert first is live.current
    with pytest.raises(AccessDeniedError):
        live.refresh()
    events.wait_kind(Kind.DENIED)
    with pytest.raises(AccessDeniedError):
        live.current
    place.path.chmod(0o600)
    live.refresh()
    assert first is live.current


def test_a_directory_that_is_not_there_yet_is_noticed_when_it_comes(folder) -> None:
    """Such as a secret that is mounted late, in the place of what comes after it in the order."""
    second, first = Json(folder), Json(folder / "late" / "mount")
    second.put(pair())
    sources = [first.source, second.source]
    with load_credentials(sources, live=True, refresh=SLOW) as live:
        assert ("files", "poll") == live.status().change_sources
        fields = pair()
        first.path.parent.mkdir(0o700, parents=True)
        first.put(fields)
        arrives(live, fields)


def test_other_files_of_the_directory_cause_no_read(folder, monkeypatch) -> None:
    """A log beside it, however busy."""
    place = Json(folder)
    live, _, _ = begin(place)
    live.refresh()
    reads, fetch = [], FileProvider.fetch
    monkeypatch.setattr(FileProvider, "fetch", lambda *a, **o: reads.append(1) or fetch(*a, **o))
    for number in range(100):
        write(folder / f"{number}.log", "x")
    other = Env(folder)
    other.put(pair())
    with load_credentials(other.source, live=True, refresh=SLOW) as last:
        fields = pair()
        other.put(fields)
        arrives(last, fields)
    assert [] == reads
    assert live.current


def test_a_hundred_handles_of_a_directory_cost_one_watch_and_one_thread(folder) -> None:
    """The engine's; and two descriptors: the watch's, and the one that wakes the thread."""
    place = Folder(folder)
    place.put(pair())
    before = descriptors()
    lives = [load_credentials(place.source, live=True, refresh=SLOW) for _ in range(100)]
    settle_threads()
    assert before + 2 == descriptors()
    wait_for(lambda: threads() == ["binance-creds live"])
    assert {os.stat(one).st_ino for one in (folder, *folder.parents)} == watched()
    fields = pair()
    place.put(fields)
    for live in lives:
        arrives(live, fields)
        live.close()
    wait_for(lambda: descriptors() == before)
    wait_for(lambda: not threads("binance-creds files"))


def test_a_watch_is_given_back_with_its_last_handle(folder, tmp_path) -> None:
    """A user has a limited number; others stay."""
    lives = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir(0o700)
        place = Json(tmp_path / name)
        place.put(pair())
        lives += [load_credentials(place.source, live=True, refresh=SLOW) for _ in range(2)]
    one, two = (os.stat(tmp_path / name).st_ino for name in ("one", "two"))
    lives[0].close()
    assert {one, two} <= watched()
    lives[1].close()
    assert one not in watched()
    assert two in watched()
    fields = pair()
    place.put(fields)
    arrives(lives[2], fields)
    for live in lives:
        live.close()


def test_two_names_of_one_directory_are_both_watched(folder, tmp_path) -> None:
    """The kernel gives both one watch."""
    os.symlink(folder, tmp_path / "link")
    place = Folder(folder)
    place.put(pair())
    lives = [
        load_credentials(f"file:{path}", live=True, refresh=SLOW)
        for path in (folder, tmp_path / "link")
    ]
    fields = pair()
    place.put(fields)
    for live in lives:
        arrives(live, fields)
    lives[1].close()
    fields = pair()
    place.put(fields)
    arrives(lives[0], fields)
    lives[0].close()


@pytest.mark.unmeasured
def test_key_and_secret_are_of_one_generation_through_a_thousand_rotations(folder) -> None:
    """A reader that hardly rests sees no mixed pair, and at last the newest."""
    place = Kubernetes(folder)
    made = {}

    def rotate() -> dict[str, str]:
        fields = pair()
        made[fields["api_key"]] = fields["api_secret"]
        place.put(fields)
        return fields

    rotate()
    live = load_credentials(place.source, live=True, refresh=SLOW)
    over, mixed, reads = threading.Event(), [], [0]

    def read() -> None:
        while not over.wait(0.00001):
            now = live.current
            reads[0] += 1
            if made[now.api_key.reveal()] != now.api_secret.reveal():
                mixed.append(now.fingerprint)

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(1000):
        last = rotate()
    arrives(live, last)
    over.set()
    reader.join()
    assert [] == mixed
    assert reads[0] > 100
    live.close()


def test_without_a_thread_for_a_look_nothing_is_claimed(folder, monkeypatch) -> None:
    """Until there is one; what has changed meanwhile is noticed then."""
    kind = Env(folder)
    kind.put(pair())
    real = threading.Thread.start

    def start(thread) -> None:
        if thread.name == "binance-creds files":
            raise RuntimeError("can't start new thread")
        real(thread)

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", start)
        live, new = load_credentials(kind.source, live=True, refresh=SLOW), pair()
        kind.put(new)
        wait_for(lambda: ("poll",) == live.status().change_sources)
    with live:
        arrives(live, new)
        wait_for(lambda: ("files", "poll") == live.status().change_sources)


def test_only_files_are_watched() -> None:
    """Other stores push, or are polled; systemd's directory does not change."""
    for text in ("env://BINANCE", "memory:a", "file:$CREDENTIALS_DIRECTORY/a"):
        assert [] == paths_of([SourceURI.parse(text)])
