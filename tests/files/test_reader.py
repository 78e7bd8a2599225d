"""One generation, whole, from a file that may change, vanish or be no file at all."""

from __future__ import annotations

import errno
import os
import threading

import pytest
from files_support import STRANGER, USER, key_of
from support import caught, token
from waiting import PATIENCE

from binance_creds import load_credentials
from binance_creds._files._reader import LARGEST_BYTES, MOST_READINGS, FileReader, FileRules
from binance_creds.errors import (
    AccessDeniedError,
    ConfigurationError,
    MalformedSecretError,
    ProviderUnavailableError,
    SecretNotFoundError,
)
from binance_creds.providers import Deadline
from binance_creds.testing import FakeClock, assert_no_leak


@pytest.fixture
def fifo(tmp_path):
    os.mkfifo(tmp_path / "fifo", 0o600)
    return tmp_path / "fifo"


def write_to(fifo, text: str) -> threading.Thread:
    def write() -> None:
        try:
            fifo.write_text(text)
        except BrokenPipeError:
            pass

    writer = threading.Thread(target=write)
    writer.start()
    return writer


def test_64_kib_are_taken_and_no_more(env_file) -> None:
    """A larger file is not the one that was meant."""
    text = env_file.read_text()
    env_file.write_text(text + "#" * (LARGEST_BYTES - len(text)))
    key_of(f"dotenv:{env_file}")
    env_file.write_text(text + "#" * (LARGEST_BYTES - len(text) + 1))
    assert caught(load_credentials, f"dotenv:{env_file}", fresh=True).reason == "too_large"


def test_bytes_that_are_not_text_are_refused(env_file) -> None:
    """And do not stay behind in a traceback."""
    canary = token()
    env_file.write_bytes(canary.encode() + b"\xff")
    error = caught(load_credentials, f"dotenv:{env_file}")
    assert isinstance(error, MalformedSecretError)
    assert error.source == f"dotenv:{env_file}"
    assert_no_leak(canary, error)


def test_only_regular_files_are_read(env_file, fifo) -> None:
    """A folder, a device, or a pipe that nobody asked for."""
    for name, what in (
        (env_file.parent, "a folder"),
        ("/dev/null", "not a regular file"),
        (fifo, "not a regular file"),
    ):
        error = caught(load_credentials, f"dotenv:{name}")
        assert isinstance(error, ConfigurationError)
        assert f"{name} is {what}" in str(error)
    assert "pipe=true" in str(error)


def test_a_pipe_is_read_where_it_is_allowed(env_file, fifo) -> None:
    """As from a decrypting program, by its name and as the shell gives it."""
    writer = write_to(fifo, env_file.read_text())
    key_of(f"dotenv:{fifo}?pipe=true")
    writer.join()
    reader, end = os.pipe()
    os.write(end, env_file.read_bytes())
    os.close(end)
    key_of(f"dotenv:/dev/fd/{reader}?pipe=true")
    os.close(reader)


def test_a_descriptor_of_the_shell_may_be_a_file(env_file) -> None:
    """As of `python bot.py 3<.env`."""
    with open(env_file) as opened:
        env_file.unlink()
        key_of(f"dotenv:/dev/fd/{opened.fileno()}")


def test_a_pipe_that_gives_too_much_is_refused(fifo) -> None:
    """The cap holds there as well."""
    writer = write_to(fifo, "x" * (LARGEST_BYTES * 2))
    assert caught(load_credentials, f"dotenv:{fifo}?pipe=true").reason == "too_large"
    writer.join()


def test_a_pipe_that_gives_nothing_ends_with_the_deadline(fifo) -> None:
    """Without a writer, and with one that stays silent."""
    for is_silent in (False, True):
        writer = os.open(fifo, os.O_RDWR) if is_silent else None
        error = caught(
            load_credentials, f"dotenv:{fifo}?pipe=true", timeout_seconds=0.05, fresh=True
        )
        assert isinstance(error, ProviderUnavailableError)
        assert "pipe" in str(error)
    os.close(writer)


ANSWERS = {
    errno.ENOENT: SecretNotFoundError,
    errno.ENOTDIR: SecretNotFoundError,
    errno.EACCES: AccessDeniedError,
    errno.EPERM: AccessDeniedError,
    errno.ELOOP: ConfigurationError,
    errno.ENAMETOOLONG: ConfigurationError,
    errno.EISDIR: ConfigurationError,
    errno.ESTALE: ProviderUnavailableError,
    errno.EIO: ProviderUnavailableError,
    errno.EMFILE: ProviderUnavailableError,
    None: ProviderUnavailableError,
}


class Failing:
    """A call that fails for one name, some times."""

    def __init__(self, monkeypatch, call: str, name: str, error: OSError, times: int) -> None:
        self.real, self.name, self.error, self.times = getattr(os, call), name, error, times
        self.asked = 0
        monkeypatch.setattr(os, call, self)

    def __call__(self, path, *arguments, **options):
        if path == self.name:
            self.asked += 1
            if self.asked <= self.times:
                raise self.error
        return self.real(path, *arguments, **options)


def failure(code: int | None) -> OSError:
    return OSError(code, "as it was made") if code else OSError("without a number")


@pytest.mark.parametrize(("code", "kind"), ANSWERS.items())
def test_every_answer_of_the_system_has_its_class(env_file, monkeypatch, code, kind) -> None:
    """With its symbolic name and the path."""
    Failing(monkeypatch, "stat", ".env", failure(code), times=2)
    error = caught(load_credentials, f"dotenv:{env_file}")
    assert type(error) is kind
    assert f"{env_file}. The system says {errno.errorcode.get(code, 'an unknown error')}" in str(
        error
    )


PASSING = [errno.ESTALE, errno.EINTR, errno.EAGAIN, errno.EBUSY]


@pytest.mark.parametrize("code", PASSING)
@pytest.mark.parametrize("call", ["open", "stat"])
def test_what_passes_at_once_is_tried_again_once(env_file, monkeypatch, call, code) -> None:
    """As the stale handle of a network file system."""
    Failing(monkeypatch, call, ".env", failure(code), times=1)
    key_of(f"dotenv:{env_file}")
    monkeypatch.undo()
    twice = Failing(monkeypatch, call, ".env", failure(code), times=2)
    error = caught(load_credentials, f"dotenv:{env_file}", fresh=True)
    assert isinstance(error, ProviderUnavailableError)
    assert twice.asked == 2


@pytest.mark.parametrize("code", [errno.EIO, errno.EACCES, errno.EMFILE])
def test_what_does_not_pass_is_not_tried_again(env_file, monkeypatch, code) -> None:
    """A failing disk would take its time again."""
    once = Failing(monkeypatch, "stat", ".env", failure(code), times=1)
    caught(load_credentials, f"dotenv:{env_file}")
    assert once.asked == 1


@pytest.mark.parametrize("name", ["fields", ".", "api_secret"])
def test_a_folder_of_fields_is_tried_again_too(tmp_path, monkeypatch, name) -> None:
    """Whether it is opened, listed or read."""
    pair = make_fields(tmp_path / "fields")
    Failing(monkeypatch, "open", name, failure(errno.ESTALE), times=1)
    assert pair_of(f"file:{tmp_path}/fields") == pair


def test_a_file_that_another_program_of_windows_has_open_is_tried_again(
    env_file, monkeypatch
) -> None:
    """ERROR_SHARING_VIOLATION comes as EACCES, and says nothing of permissions."""
    in_use = PermissionError(errno.EACCES, "in use")
    in_use.winerror = 32
    Failing(monkeypatch, "open", ".env", in_use, times=2)
    error = caught(load_credentials, f"dotenv:{env_file}")
    assert isinstance(error, ProviderUnavailableError)
    assert "another program keeps it open" in str(error)


def test_a_folder_that_is_exchanged_on_the_way_is_no_absence(env_file, monkeypatch) -> None:
    """Between two calls, as by a release of a program."""
    Failing(monkeypatch, "open", env_file.parent.name, failure(errno.ENOTDIR), times=1)
    key_of(f"dotenv:{env_file}")


def test_paths_that_are_not_there_or_in_the_way(env_file, monkeypatch) -> None:
    """Absent, below a file, a circle of links."""
    (env_file.parent / "loop").symlink_to("loop")
    for path, kind in (
        (f"{env_file}-absent", SecretNotFoundError),
        (f"{env_file}/below", SecretNotFoundError),
        (f"{env_file.parent}/absent/.env", SecretNotFoundError),
        (f"{env_file.parent}/loop", ConfigurationError),
    ):
        assert type(caught(load_credentials, f"dotenv:{path}")) is kind


@pytest.mark.parametrize("way", ["link", "folder/.env"])
def test_a_link_that_leads_nowhere_is_no_absence(env_file, way) -> None:
    """It may be about to lead somewhere, so that the next source is not asked."""
    (env_file.parent / "link").symlink_to("nowhere")
    (env_file.parent / "folder").symlink_to("nowhere")
    error = caught(load_credentials, f"dotenv:{env_file.parent}/{way}", timeout_seconds=0.05)
    assert isinstance(error, ProviderUnavailableError)
    assert "leads nowhere" in str(error)


def test_a_file_that_may_not_be_read_is_denied(env_file) -> None:
    """Permissions 000; root may read anything, so a child gives its rights up."""
    env_file.chmod(0)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover  # another process: its coverage is not collected
        if USER == 0:
            os.chown(env_file, STRANGER, -1)
            os.chmod(env_file.parent.parent, 0o755)
            os.chmod(env_file.parent.parent.parent, 0o755)
            os.seteuid(STRANGER)
        error = caught(load_credentials, f"dotenv:{env_file}")
        os.write(write, repr(error).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read, 10000).startswith(b"AccessDeniedError('this user may not read it")
    os.close(read)
    os.close(write)


def test_a_file_that_keeps_changing_ends_in_an_error(env_file) -> None:
    """After a bounded number of readings, and at the deadline."""
    count = 0
    clock = FakeClock()

    def sleep(seconds: float) -> None:
        nonlocal count
        count += 1
        clock.advance(seconds)
        env_file.write_text(f"{count}")

    for seconds, readings in ((99, MOST_READINGS), (0.1, 4)):
        count = 0
        deadline = Deadline(seconds, clock=clock)
        reader = FileReader("file:x", FileRules(), deadline, sleep=sleep, wall_clock_ns=lambda: 0)
        error = caught(reader.read_file, str(env_file))
        assert isinstance(error, ProviderUnavailableError)
        assert "rename" in error.hint
        assert count == readings


def test_a_wall_clock_that_is_wrong_only_costs_a_second_reading(env_file) -> None:
    """Two equal readings are enough."""
    pauses: list[float] = []
    reader = FileReader(
        "file:x", FileRules(), Deadline(PATIENCE), sleep=pauses.append, wall_clock_ns=lambda: 0
    )
    assert reader.read_file(str(env_file)).reveal() == env_file.read_text()
    assert len(pauses) == 1


def test_a_file_without_a_secret_may_be_readable(env_file, recwarn) -> None:
    """As a configuration, which others may not write either."""
    env_file.chmod(0o644)
    rules = FileRules(is_secret=False, otherwise="name it")
    reader = FileReader("config:x", rules, Deadline(PATIENCE), largest_bytes=1 << 20)
    assert reader.read_bytes(str(env_file)) == env_file.read_bytes()
    assert recwarn.list == []
    env_file.chmod(0o606)
    error = caught(reader.read_bytes, str(env_file))
    assert isinstance(error, AccessDeniedError)
    assert f"chmod go-w {env_file} (or, name it)." in str(error)


def test_nothing_stays_open(env_file, tmp_path) -> None:
    """Readings, good and bad, keep no descriptor."""
    (tmp_path / "link").symlink_to("nowhere")
    before = len(os.listdir("/proc/self/fd"))
    for source in (f"dotenv:{env_file}", f"dotenv:{env_file}-absent", f"dotenv:{tmp_path}/link"):
        for _ in range(20):
            try:
                load_credentials(source, fresh=True, timeout_seconds=0.001)
            except (SecretNotFoundError, ProviderUnavailableError):
                pass
    assert len(os.listdir("/proc/self/fd")) <= before


def make_fields(folder) -> set[str]:
    """Write key and secret into a private folder of files; return both."""
    folder.mkdir(0o700)
    texts = {"api_key": token(), "api_secret": token()}
    for name, text in texts.items():
        (folder / name).touch(0o600)
        (folder / name).write_text(text)
    return set(texts.values())


def pair_of(source: str) -> set[str]:
    loaded = load_credentials(source)
    return {loaded.api_key.reveal(), loaded.api_secret.reveal()}


def test_a_generation_that_never_arrives_is_an_error(tmp_path) -> None:
    """kubelet's link leads nowhere for longer than a moment."""
    (tmp_path / "..data").symlink_to("..gone")
    error = caught(load_credentials, f"file:{tmp_path}", timeout_seconds=0.05)
    assert isinstance(error, ProviderUnavailableError)


def test_a_link_that_is_moved_while_it_is_read_is_read_again(tmp_path, monkeypatch) -> None:
    """To another generation, and to one that is gone already."""
    make_fields(tmp_path / "..1")
    second = make_fields(tmp_path / "..2")
    link = tmp_path / "..data"
    link.symlink_to("..1")
    targets = ["..2", "..gone", "..2"]
    real_listdir = os.listdir

    def listdir(folder):
        names = real_listdir(folder)
        if targets and "api_key" in names:
            link.unlink()
            link.symlink_to(targets.pop(0))
        elif os.readlink(link) == "..gone":
            link.unlink()
            link.symlink_to("..2")
        return names

    monkeypatch.setattr(os, "listdir", listdir)
    assert pair_of(f"file:{tmp_path}") == second
