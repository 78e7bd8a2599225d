"""Changes of files are noticed, whatever the kernel reports or refuses."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import threading
from itertools import count

import pytest
from live_support import Told, descriptors, threads
from waiting import PATIENCE, wait_for

from binance_creds._threads._fork import call_after_fork
from binance_creds.live.files import _inotify, _targets, _waiter, _watch
from binance_creds.live.files._inotify import Event, NoEvents
from binance_creds.live.files._interests import Interest
from binance_creds.live.files._watch import FileWatch
from binance_creds.live.run._locks import FILES, LOCK
from binance_creds.live.run._loop import Loop

NEVER, SOON = 1e6, 0.005  # seconds between two comparisons
linux = pytest.mark.skipif(sys.platform != "linux", reason="there is no inotify here")


class Owner:
    """Whose files they are; it notes how changes are noticed, and when something may have."""

    def __init__(self) -> None:
        self.told = Told()
        self.alive: dict[str, bool] = {}

    @property
    def changes(self) -> Owner:
        return self

    def set_alive(self, name: str, *, is_alive: bool) -> None:
        self.alive[name] = is_alive

    @property
    def how(self) -> list[str]:
        return [name for name, is_alive in self.alive.items() if is_alive]

    def tells(self, change) -> None:
        """Make a change, and wait until it is noticed."""
        before = len(self.told.values)
        change()
        self.told.wait(before + 1)


def make(**options) -> FileWatch:
    """Return a watch by a thread of its own, which ends when nothing is wanted any more."""

    def ask(owners) -> None:
        for owner in owners:
            owner.told(owner)

    loop = Loop(lambda: PATIENCE if watch.wanted else None)
    call_after_fork(loop, Loop.start_clean)
    watch = Watch(loop, ask, ask, **options)
    return watch


class Watch(FileWatch):
    """One that starts its thread, as the engine does when a handle is added."""

    def add(self, interest, before=None) -> None:
        super().add(interest, before)
        with LOCK:
            self._loop.start()


def threads_of_watches() -> list[str]:
    """Return the threads that wait for events, and those that look."""
    return threads("binance-creds live") + threads("binance-creds files")


@pytest.fixture
def begin(tmp_path):
    """Return what begins to watch a path; all of it ends with the test."""
    begun = []

    def start(path, *, watch=None, seconds: float = NEVER) -> Owner:
        watch, owner = watch or make(compare_seconds=seconds), Owner()
        interest = Interest(owner, [str(path)])
        begun.append((watch, interest))
        watch.add(interest)
        return owner

    before = descriptors()
    yield start
    for watch, interest in begun:
        watch.remove(interest)
    wait_for(lambda: not threads_of_watches())
    assert before >= descriptors()


@pytest.fixture
def kernel(monkeypatch):
    """Put a kernel of another behaviour in the place of the real one; `None` for the real one."""
    real = _watch.events_of_the_kernel

    def use(made) -> None:
        monkeypatch.setattr(_watch, "events_of_the_kernel", made or real)

    return use


class Silent(_inotify.Inotify):
    """As NFS, FUSE or a shared folder of a virtual machine: all is accepted, nothing comes."""

    def heard(self, seconds, *, for_events=True):
        return super().heard(seconds, for_events=False)


class Refusing(_inotify.Inotify):
    """As at the limit of fs.inotify.max_user_watches."""

    limit = 0

    def watch(self, folder, mask):
        if self.limit <= 0:
            raise OSError(errno.ENOSPC, "the limit")
        return super().watch(folder, mask)


def write(path, text: str = "") -> None:
    with open(path, "w") as file:
        file.write(text or os.urandom(8).hex())


def replace(path) -> None:
    write(f"{path}.new")
    os.replace(f"{path}.new", path)


def deploy(path, again: list[int] = [0]) -> None:  # noqa: B006  # counts
    """`mv app app.old; mv app.new app`, with another file in it."""
    again[0] += 1
    shutil.copytree(path, f"{path}.new")
    write(f"{path}.new/.env")
    os.rename(path, f"{path}.old{again[0]}")
    os.rename(f"{path}.new", path)


def retarget(link, target) -> None:
    os.symlink(target, f"{link}.new")
    os.replace(f"{link}.new", link)


def recreate(path) -> None:
    shutil.rmtree(path)
    path.mkdir()
    write(path / ".env")


@pytest.fixture
def env(tmp_path):
    """A `.env`, three folders deep."""
    path = tmp_path / "srv" / "app" / "etc" / ".env"
    path.parent.mkdir(parents=True)
    write(path)
    return path


CHANGES = {
    "written": write,
    "replaced": replace,
    "its folder replaced": lambda env: deploy(env.parent),
    "its folder recreated": lambda env: recreate(env.parent),
    "removed": os.remove,
    "permissions": lambda env: os.chmod(env, 0o640),
    "permissions of its folder": lambda env: os.chmod(env.parent, 0o711),
    "a folder above moved away": lambda env: os.rename(env.parents[2], f"{env.parents[2]}.old"),
}


@pytest.mark.parametrize("seconds", [NEVER, SOON], ids=["events", "comparing"])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_is_noticed(begin, env, kernel, change, seconds) -> None:
    """By the kernel's events alone; and by comparing alone, where none come."""
    if seconds == SOON:
        kernel(Silent)
    elif sys.platform != "linux":
        pytest.skip("there is no inotify here")
    begin(env, seconds=seconds).tells(lambda: change(env))


@pytest.mark.parametrize("kind", [None, Silent, NoEvents], ids=["inotify", "silent", "no inotify"])
def test_a_folder_that_is_moved_and_replaced_is_followed(begin, env, kernel, kind) -> None:
    """Several times, as each deployment does it, and what is written there afterwards too."""
    kernel(kind)
    owner = begin(env, seconds=NEVER if kind is None else SOON)
    for depth in (0, 1, 0):
        owner.tells(lambda depth=depth: deploy_above(env, depth))
        owner.tells(lambda: replace(env))


def deploy_above(env, depth: int) -> None:
    """Replace one of the folders on the way by a copy."""
    folder = env.parents[depth]
    shutil.copytree(folder, f"{folder}.new")
    shutil.rmtree(folder)
    os.rename(f"{folder}.new", folder)


@pytest.mark.parametrize("kind", [None, NoEvents], ids=["inotify", "no inotify"])
def test_links_on_the_way_and_in_what_they_lead_to_are_followed(
    begin, env, tmp_path, kernel, kind
) -> None:
    """`current -> releases/2 -> ...`, relative and absolute, with `..` in it."""
    kernel(kind)
    other = tmp_path / "other"
    shutil.copytree(env.parent, other)
    os.symlink(env.parent, tmp_path / "stable")
    os.symlink("srv/../stable", tmp_path / "current")
    owner = begin(tmp_path / "current" / ".env", seconds=NEVER if kind is None else SOON)
    owner.tells(lambda: retarget(tmp_path / "stable", other))
    owner.tells(lambda: replace(other / ".env"))
    owner.tells(lambda: retarget(tmp_path / "current", "srv/app/etc"))
    owner.tells(lambda: replace(env))


@pytest.mark.parametrize("kind", [None, NoEvents], ids=["inotify", "no inotify"])
def test_what_is_not_there_is_noticed_when_it_comes(begin, tmp_path, kernel, kind) -> None:
    kernel(kind)
    path = tmp_path / "late" / "mount" / ".env"
    owner = begin(path, seconds=NEVER if kind is None else SOON)
    owner.tells((tmp_path / "late").mkdir)
    owner.tells(path.parent.mkdir)
    owner.tells(lambda: write(path))


@pytest.mark.parametrize("kind", [None, NoEvents], ids=["inotify", "no inotify"])
def test_a_folder_of_fields_counts_with_all_it_holds(begin, tmp_path, kernel, kind) -> None:
    """Also through links out of it, where they are compared."""
    kernel(kind)
    folder = tmp_path / "secret"
    folder.mkdir()
    write(folder / "api_key")
    os.symlink("nowhere", folder / "broken")
    owner = begin(folder, seconds=NEVER if kind is None else SOON)
    owner.tells(lambda: write(folder / "api_key"))
    owner.tells(lambda: write(folder / "api_secret"))
    owner.tells(lambda: os.remove(folder / "api_key"))
    if kind is NoEvents:
        write(tmp_path / "outside")
        owner.tells(lambda: os.symlink("../outside", folder / "api_key"))
        owner.tells(lambda: write(tmp_path / "outside"))


def test_a_folder_of_fields_that_may_not_be_listed_is_watched(begin, tmp_path, monkeypatch) -> None:
    """Until it may."""

    def refuse(path):
        raise PermissionError

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", refuse)
        owner = begin(tmp_path, seconds=SOON)
    owner.tells(lambda: None)


def test_links_in_a_circle_lead_nowhere(begin, tmp_path) -> None:
    """They are followed as often as the kernel does it; and noticed once they lead somewhere."""
    os.symlink("two", tmp_path / "one")
    os.symlink("one", tmp_path / "two")
    owner = begin(tmp_path / "one" / ".env", seconds=SOON)
    (tmp_path / "real").mkdir()
    owner.tells(lambda: retarget(tmp_path / "two", "real"))
    owner.tells(lambda: write(tmp_path / "real" / ".env"))


def test_the_root_can_be_watched(begin) -> None:
    assert begin(os.sep).told.wait()


class TestWhatIsSaid:
    """`change_sources` names what works."""

    @linux
    def test_files_where_the_kernel_reports_changes(self, begin, env) -> None:
        assert ["files"] == begin(env).how

    @pytest.mark.parametrize("kind", [NoEvents, Refusing])
    def test_stat_where_they_are_found_by_comparing_alone(self, begin, env, kernel, kind) -> None:
        """Another system; or the limit of instances, of descriptors or of watches is reached."""
        kernel(kind)
        owner = begin(env, seconds=SOON)
        assert ["stat"] == owner.how
        owner.tells(lambda: write(env))
        assert ["stat"] == owner.how

    @pytest.mark.parametrize("part", ["inotify_init1", "eventfd"])
    @linux
    def test_stat_where_there_is_no_descriptor(self, begin, env, monkeypatch, part) -> None:
        """And none is left open."""

        def refuse(*_: object) -> int:
            raise OSError(errno.EMFILE, "the limit")

        if part == "eventfd":
            monkeypatch.setattr(os, part, refuse)
        else:
            monkeypatch.setattr(_inotify, "called", refuse)
        owner = begin(env, seconds=SOON)
        assert ["stat"] == owner.how
        owner.tells(lambda: write(env))

    @linux
    def test_files_again_once_there_are_descriptors(self, begin, env, kernel) -> None:
        """Nothing is missed in between."""
        kernel(NoEvents)
        owner = begin(env, seconds=SOON)
        kernel(None)
        wait_for(lambda: owner.how == ["files"])
        owner.tells(lambda: write(env))

    @linux
    def test_files_again_once_the_limit_of_watches_is_raised(
        self, begin, env, kernel, monkeypatch
    ) -> None:
        kernel(Refusing)
        owner = begin(env, seconds=SOON)
        assert ["stat"] == owner.how
        monkeypatch.setattr(Refusing, "limit", 1)
        wait_for(lambda: owner.how == ["files"])
        owner.tells(lambda: write(env))

    @linux
    @pytest.mark.parametrize("is_folder", [False, True], ids=["a file", "a folder"])
    def test_stat_where_a_change_came_without_an_event(self, begin, env, kernel, is_folder) -> None:
        """A network file system accepts a watch, and says nothing of what others write."""
        kernel(Silent)
        owner = begin(env.parent if is_folder else env, seconds=SOON)
        owner.tells(lambda: replace(env))
        wait_for(lambda: owner.how == ["stat"])

    @linux
    def test_a_change_that_an_event_tells_of_later_is_no_silence(self, begin, env) -> None:
        """However often it is compared meanwhile; nor is a new name of the file, which has none."""
        owner = begin(env, seconds=0)
        for number in range(50):
            os.link(env, f"{env}.{number}")
            owner.tells(lambda: write(env))
        assert ["files"] == owner.how

    @linux
    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
    def test_files_also_behind_a_folder_that_may_not_be_read(self, begin, env) -> None:
        """Such as /home of a system with many users; it is compared alone."""
        os.chmod(env.parents[1], 0o311)
        owner = begin(env, seconds=SOON)
        assert ["files"] == owner.how
        owner.tells(lambda: deploy_above(env, 0))
        os.chmod(env.parents[1], 0o700)


@linux
def test_events_that_the_kernel_dropped_make_it_compare(begin, env, kernel) -> None:
    """Its queue is bounded: who has changed is found by one comparison of all, and told alone."""

    is_full = threading.Event()

    class Overflown(_inotify.Inotify):
        def heard(self, seconds, **options):
            events = super().heard(seconds, **options)
            dropped = [Event(-1, _inotify.OVERFLOW, "")]
            return dropped if events and is_full.is_set() else events

    kernel(Overflown)
    watch = make(compare_seconds=NEVER)
    other = env.with_name("other")
    write(other)
    owners = begin(env, watch=watch), begin(other, watch=watch)
    is_full.set()
    owners[0].tells(lambda: write(env))
    assert 1 == len(owners[1].told.values)
    owners[1].tells(lambda: write(other))
    assert [["files"], ["files"]] == [owner.how for owner in owners]


@linux
def test_a_watch_that_folders_share_is_given_back_with_the_last(begin, env, kernel) -> None:
    """The kernel has one for an inode, and a mount gives it a second path."""
    given_back = []

    class Mounted(_inotify.Inotify):
        def watch(self, folder, mask):
            return 7

        def unwatch(self, watch):
            given_back.append(watch)

    kernel(Mounted)
    watch, other = make(compare_seconds=NEVER), Interest(Owner(), [str(env.parents[1] / "other")])
    begin(env, watch=watch)
    watch.add(other)
    watch.remove(other)
    assert [] == given_back


def test_inodes_that_are_made_up_at_each_look_end(begin, env, monkeypatch) -> None:
    """Some file systems of FUSE number them anew each time."""
    real, numbers = os.lstat, count(10**9)

    def lstat(path):
        found = list(real(path))
        return os.stat_result([found[0], next(numbers), *found[2:]])

    monkeypatch.setattr(os, "lstat", lstat)
    assert begin(env).told.wait()


@pytest.fixture
def drive(tmp_path):
    """A file on a drive of its own."""
    path = tmp_path / "drive" / ".env"
    path.parent.mkdir()
    write(path)
    return path


class TestADriveThatHangs:
    """It holds up nothing else, and nothing is said to be noticed there."""

    @linux
    def test_as_it_is_watched(self, begin, env, drive, kernel) -> None:
        gate, is_inside = threading.Event(), threading.Event()

        class Hanging(_inotify.Inotify):
            def watch(self, folder, mask):
                if folder == str(drive.parent):
                    is_inside.set()
                    assert gate.wait(PATIENCE)
                return super().watch(folder, mask)

        kernel(Hanging)
        watch, hung = make(compare_seconds=NEVER), Owner()
        adding = threading.Thread(target=watch.add, args=[Interest(hung, [str(drive)])])
        adding.start()
        assert is_inside.wait(PATIENCE)
        begin(env, watch=watch).tells(lambda: replace(env))
        assert [] == hung.how
        gate.set()
        adding.join()
        assert ["files"] == hung.how
        for interest in list(watch.wanted):
            watch.remove(interest)

    @pytest.mark.parametrize("kind", [Silent, NoEvents])
    def test_as_it_is_compared(self, begin, env, drive, kernel, monkeypatch, kind) -> None:
        real, gate, is_inside = os.lstat, threading.Event(), threading.Event()
        gate.set()

        def lstat(path):
            if not str(path).startswith(str(drive.parent)):
                return real(path)
            if not gate.is_set():
                is_inside.set()
                assert gate.wait(PATIENCE)
            found = list(real(path))
            found[2] = 10**9
            return os.stat_result(found)

        monkeypatch.setattr(os, "lstat", lstat)
        monkeypatch.setattr(_waiter, "HANG_SECONDS", 0.0)
        kernel(kind)
        watch = make(compare_seconds=SOON)
        hung, healthy = begin(drive, watch=watch), begin(env, watch=watch)
        gate.clear()
        assert is_inside.wait(PATIENCE)
        wait_for(lambda: [] == hung.how)
        healthy.tells(lambda: replace(env))
        assert [] != healthy.how
        gate.set()
        wait_for(lambda: [] != hung.how)
        hung.tells(lambda: replace(drive))


@linux
def test_a_folder_that_is_replaced_as_it_is_watched_is_followed(begin, env, kernel) -> None:
    """The kernel says so before the watch is noted."""
    calls, lost = [], threading.Event()

    class Replaced(_inotify.Inotify):
        def watch(self, folder, mask):
            number = super().watch(folder, mask)
            if folder == str(env.parent) and not calls:
                calls.append(folder)
                deploy(env.parent)
                wait_for(lambda: lost.is_set() and not threads("binance-creds files"))
            return number

        def heard(self, seconds, **options):
            events = super().heard(seconds, **options)
            if any(event.mask & _inotify.LOST for event in events or ()):
                lost.set()
            return events

    kernel(Replaced)
    watch, first = make(compare_seconds=NEVER), env.parents[1] / "first"
    begin(first, watch=watch)
    begin(env, watch=watch).tells(lambda: replace(env))


@linux
def test_an_event_that_comes_during_a_comparison_is_no_silence(
    begin, env, kernel, monkeypatch
) -> None:
    """Both find the same change, the comparison first."""
    come, seen, heard, gates = (threading.Event() for _ in range(4))
    real, before, looks = os.lstat, os.lstat(env).st_ino, []

    class Late(_inotify.Inotify):
        def heard(self, seconds, *, for_events=True):
            return super().heard(min(seconds, SOON), for_events=for_events and come.is_set())

    def lstat(path):
        found = real(path)
        if path == str(env) and found.st_ino != before:
            looks.append(path)
            if len(looks) == 1:  # of the comparison
                seen.set()
                assert heard.wait(PATIENCE)
            elif len(looks) == 2:
                heard.set()
                assert gates.wait(PATIENCE)
        return found

    kernel(Late)
    owner = begin(env, seconds=SOON)
    monkeypatch.setattr(os, "lstat", lstat)
    replace(env)
    assert seen.wait(PATIENCE)
    come.set()
    owner.told.wait(2)
    gates.set()
    wait_for(lambda: len(looks) > 5)
    assert ["files"] == owner.how


class TestThreads:
    """One that waits, and one for each look, which ends; without one nothing is claimed."""

    def test_a_look_for_which_there_is_no_thread_is_tried_again(
        self, begin, env, monkeypatch
    ) -> None:
        """Until then nothing is said to be noticed."""
        with monkeypatch.context() as patch:
            patch.setattr(_watch, "spawn", lambda work, name: False)
            owner = begin(env, seconds=SOON)
            wait_for(lambda: owner.how == [])
            before = len(owner.told.values)
            replace(env)
        wait_for(lambda: owner.how != [])
        owner.told.wait(before + 1)

    @pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
    @pytest.mark.parametrize("defect", ["parts", "looked"])
    def test_after_a_defect_nothing_is_said_to_be_noticed(
        self, begin, env, monkeypatch, defect
    ) -> None:
        """Until all is begun anew, soon."""
        watch = make(compare_seconds=NEVER)
        owner = begin(env, watch=watch)
        watch._compare_seconds = SOON  # of what is begun anew
        with monkeypatch.context() as patch:
            patch.setattr(_targets.Targets, defect, lambda *_, **options: 1 / 0)
            replace(env)
            wait_for(lambda: owner.how == [])
        wait_for(lambda: owner.how != [])
        owner.tells(lambda: replace(env))

    def test_a_start_that_is_interrupted_leaves_a_watch_that_works(
        self, begin, env, monkeypatch
    ) -> None:
        """As by Ctrl-C, after the thread has been told to wait otherwise."""
        watch, real = make(), Loop.wait_by

        def interrupted(loop, bell):
            real(loop, bell)
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(Loop, "wait_by", interrupted)
            with pytest.raises(KeyboardInterrupt):
                watch.add(Interest(Owner(), [str(env)]))
        second = begin(env, watch=watch)
        second.tells(lambda: replace(env))
        for interest in list(watch.wanted):
            watch.remove(interest)

    def test_what_ends_while_it_is_begun_is_not_watched(self, env, kernel) -> None:
        """Whoever removes it does not wait for the look."""
        watch, interest = make(), Interest(Owner(), [str(env)])

        class Slow(_targets.Targets):
            def add(self, *given):
                watch.remove(interest)
                return super().add(*given)

        kernel(None)
        before = descriptors()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(_waiter, "Targets", Slow)
            watch.add(interest)
        wait_for(lambda: not threads_of_watches())
        assert before == descriptors()


# Descriptors belong to a process, and threads of earlier tests open and close some.
IS_APART = "TEST_IS_APART" in os.environ
MOMENTS = ["opening", "open", "closing", "closed"]


def is_run_apart(test) -> bool:
    """Run a test for all moments in a process of its own; return `False` there."""
    if IS_APART:
        return False
    node = test.nodeid.removesuffix("[any]")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", node]
    environ = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    environ |= {"TEST_IS_APART": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        command, cwd=test.config.rootpath, env=environ, capture_output=True, text=True, timeout=600
    )
    assert f"{len(MOMENTS)} passed" in done.stdout, done.stdout + done.stderr
    return True


def still_open() -> set[str]:
    """Return the descriptors, without the one that the listing took."""
    return {one for one in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{one}")}


@linux
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("moment", MOMENTS if IS_APART else ["any"])
def test_a_forked_child_closes_what_is_of_the_watch_alone(request, env, kernel, moment) -> None:
    """Also if another thread opens or closes it at that time, and numbers are used again."""
    if is_run_apart(request.node):
        return
    fork, found, has_forked = os.fork, [], threading.Event()
    watch, before = make(), still_open()

    def in_child() -> None:
        child = fork()
        if child == 0:  # pragma: no cover  # another process
            kept = still_open()
            os._exit(0 if mine <= kept <= mine | before else 1)
        has_forked.set()
        found.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

    forking = threading.Thread(target=in_child)

    class Slow(_inotify.Inotify):
        def __init__(self) -> None:
            forking.start()
            super().__init__()

    class Held(_inotify.Inotify):
        """The thread that waits has it for as long as the fork takes."""

        def heard(self, *given, **options):
            found = super().heard(*given, **options)
            return has_forked.wait() and found

    kernel(Held if moment == "closing" else None)
    interest = Interest(Owner(), [str(env)])
    watch.add(interest)
    if moment in {"opening", "closed"}:
        watch.remove(interest)
        wait_for(lambda: not threads_of_watches())
    mine = {str(os.open(os.devnull, os.O_RDONLY)) for _ in range(6)}
    if moment == "opening":
        kernel(Slow)
        watch.add(interest)
    elif moment == "closing":
        with FILES:
            watch.remove(interest)
            forking.start()
    else:
        forking.start()
    forking.join()
    for number in mine:
        os.close(int(number))
    watch.remove(interest)
    wait_for(lambda: not threads_of_watches())
    assert [0] == found
    assert before == still_open()


@linux
def test_what_gives_events_is_closed_once_and_for_all() -> None:
    """As a forked child does it; here it is measured."""
    before, kernel = descriptors(), _inotify.Inotify()
    assert before + 2 == descriptors()
    kernel.close()
    kernel.close()
    assert before == descriptors()


@linux
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_watches_anew(env) -> None:
    watch = make()
    interest = Interest(Owner(), [str(env)])
    watch.add(interest)
    child = os.fork()
    if child == 0:  # pragma: no cover  # another process
        owner = Owner()
        watch.add(Interest(owner, [str(env)]))
        owner.tells(lambda: replace(env))
        os._exit(0)
    assert 0 == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    watch.remove(interest)
    watch.remove(interest)
    wait_for(lambda: not threads_of_watches())
