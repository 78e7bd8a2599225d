"""The rules for files that hold secrets, and every answer of the operating system."""

from __future__ import annotations

import errno
import os
import stat
import threading

import pytest
from support import caught, token
from waiting import PATIENCE

from binance_creds.errors import (
    AccessDeniedError,
    ConfigurationError,
    CredentialsWarning,
    MalformedSecretError,
    ProviderUnavailableError,
    SecretNotFoundError,
)
from binance_creds.providers import Deadline
from binance_creds.providers.local._file_reader import MOST_READINGS, FileRules, SecureReader
from binance_creds.providers.local._file_rules import LARGEST_BYTES, typed_os_error
from binance_creds.testing import FakeClock, assert_no_leak

CANARY = token()
USER = os.geteuid()


def reader(
    deadline: Deadline | None = None,
    *,
    relaxed: bool = False,
    pipe: bool = False,
    user: int | None = None,
    **options,
) -> SecureReader:
    return SecureReader(
        "file:x", FileRules(relaxed, pipe, user), deadline or Deadline(PATIENCE), **options
    )


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "secret"
    file.touch(0o600)
    file.write_text(CANARY)
    return file


def test_a_private_file_is_read_without_a_word(path) -> None:
    """Also by a relative path, through a link, and unchanged."""
    assert reader().read_file(str(path)).reveal() == CANARY
    link = path.parent / "link"
    link.symlink_to(path)
    assert reader().read_file(str(link)).reveal() == CANARY


def test_a_relative_path_starts_at_the_working_directory(path, monkeypatch) -> None:
    """Without any folder in it."""
    monkeypatch.chdir(path.parent)
    assert reader().read_file("secret").reveal() == CANARY


@pytest.mark.parametrize("mode", [0o644, 0o604])
def test_a_world_readable_file_warns(path, mode) -> None:
    """With the command that mends it."""
    path.chmod(mode)
    with pytest.warns(CredentialsWarning, match=f"chmod 600 {path}"):
        reader().read_file(str(path))


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_may_write_is_refused(path, mode) -> None:
    """Whoever writes it chooses the key; the relaxed rule warns instead."""
    path.chmod(mode)
    error = caught(reader().read_file, str(path))
    assert isinstance(error, AccessDeniedError)
    assert f"chmod 600 {path}" in error.hint
    assert_no_leak(CANARY, error)
    with pytest.warns(CredentialsWarning, match="others may write"):
        assert reader(relaxed=True).read_file(str(path)).reveal() == CANARY


def test_a_folder_where_everybody_may_exchange_files_is_refused(path) -> None:
    """Unless it has the sticky bit, as /tmp."""
    path.parent.chmod(0o777)
    assert isinstance(caught(reader().read_file, str(path)), AccessDeniedError)
    assert isinstance(
        caught(reader().read_directory, str(path.parent), lambda _: True), AccessDeniedError
    )
    path.parent.chmod(0o777 | stat.S_ISVTX)
    assert reader().read_file(str(path)).reveal() == CANARY


def test_a_file_of_another_user_is_refused(path) -> None:
    """Its owner could exchange it."""
    other = USER + 12345
    if USER == 0:
        os.chown(path, 23456, -1)
    error = caught(reader(user=other).read_file, str(path))
    assert isinstance(error, AccessDeniedError)
    assert f"chown {other}" in error.hint


def test_root_reads_a_users_file_with_a_warning(path) -> None:
    """As in a container with a bind mount."""
    if USER == 0:
        os.chown(path, 23456, -1)
    with pytest.warns(CredentialsWarning, match="belongs to another user"):
        reader(user=0).read_file(str(path))


def test_a_file_of_root_is_fine_for_everybody(path) -> None:
    """As mounted secrets are."""
    if USER == 0:
        assert reader(user=4711).read_file(str(path)).reveal() == CANARY
    else:
        assert reader(user=USER).read_file(str(path)).reveal() == CANARY


@pytest.mark.parametrize("size", [LARGEST_BYTES, LARGEST_BYTES + 1])
def test_64_kib_are_taken_and_no_more(path, size) -> None:
    """A larger file is not the one that was meant."""
    path.write_text("x" * size)
    if size == LARGEST_BYTES:
        assert len(reader().read_file(str(path)).reveal()) == size
    else:
        assert caught(reader().read_file, str(path)).reason == "too_large"


def test_bytes_that_are_not_text_are_refused(path) -> None:
    """And do not stay behind in a traceback."""
    path.write_bytes(CANARY.encode() + b"\xff")
    error = caught(reader().read_file, str(path))
    assert isinstance(error, MalformedSecretError)
    assert error.source == "file:x"
    assert_no_leak(CANARY, error)


def test_only_regular_files_are_read(path) -> None:
    """A directory, a device, or a pipe that nobody asked for."""
    for name in (str(path.parent), "/dev/null"):
        assert isinstance(caught(reader().read_file, name), ConfigurationError)
    fifo = path.parent / "fifo"
    os.mkfifo(fifo, 0o600)
    error = caught(reader().read_file, str(fifo))
    assert "pipe=true" in str(error)


def test_a_pipe_is_read_where_it_is_allowed(path) -> None:
    """As from a decrypting program."""
    fifo = path.parent / "fifo"
    os.mkfifo(fifo, 0o600)
    writer = threading.Thread(target=fifo.write_text, args=(CANARY,))
    writer.start()
    assert reader(pipe=True).read_file(str(fifo)).reveal() == CANARY
    writer.join()


def test_a_pipe_that_gives_too_much_is_refused(path) -> None:
    """The cap holds there as well."""
    fifo = path.parent / "fifo"
    os.mkfifo(fifo, 0o600)

    def write() -> None:
        try:
            fifo.write_text("x" * (LARGEST_BYTES * 2))
        except BrokenPipeError:
            pass

    writer = threading.Thread(target=write)
    writer.start()
    assert caught(reader(pipe=True).read_file, str(fifo)).reason == "too_large"
    writer.join()


def test_a_pipe_that_gives_nothing_ends_with_the_deadline(path) -> None:
    """Without a writer, and with one that stays silent."""
    fifo = path.parent / "fifo"
    os.mkfifo(fifo, 0o600)
    assert isinstance(
        caught(reader(Deadline(0.05), pipe=True).read_file, str(fifo)), ProviderUnavailableError
    )
    silent = os.open(fifo, os.O_RDWR)
    assert isinstance(
        caught(reader(Deadline(0.05), pipe=True).read_file, str(fifo)), ProviderUnavailableError
    )
    os.close(silent)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (errno.ENOENT, SecretNotFoundError),
        (errno.ENOTDIR, SecretNotFoundError),
        (errno.EACCES, AccessDeniedError),
        (errno.EPERM, AccessDeniedError),
        (errno.ELOOP, ConfigurationError),
        (errno.EISDIR, ConfigurationError),
        (errno.ESTALE, ProviderUnavailableError),
        (errno.EIO, ProviderUnavailableError),
        (errno.EMFILE, ProviderUnavailableError),
        (None, ProviderUnavailableError),
    ],
)
def test_every_answer_of_the_system_has_its_class(code, kind) -> None:
    """And its symbolic name in the hint."""
    error = typed_os_error(OSError(code, "x") if code else OSError("x"), "file:x")
    assert type(error) is kind
    assert errno.errorcode.get(code or 0, "an unknown error") in error.hint


def test_real_paths_that_are_not_there_or_in_the_way(path) -> None:
    """Absent, below a file, a circle of links."""
    assert isinstance(caught(reader().read_file, f"{path}-absent"), SecretNotFoundError)
    assert isinstance(caught(reader().read_file, f"{path}/below"), SecretNotFoundError)
    dangling = path.parent / "dangling"
    dangling.symlink_to("nowhere")
    pauses: list[float] = []
    error = caught(reader(sleep=pauses.append).read_file, str(dangling))
    assert isinstance(error, ProviderUnavailableError)
    assert "leads nowhere" in str(error)
    loop = path.parent / "loop"
    loop.symlink_to(loop)
    assert isinstance(caught(reader().read_file, str(loop)), ConfigurationError)


def test_a_file_that_may_not_be_read_is_denied(path) -> None:
    """Permissions 000; root may read anything, so a child gives its rights up."""
    path.chmod(0)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover  # another process: its coverage is not collected
        path.parent.parent.chmod(0o755) if USER == 0 else None
        if USER == 0:
            os.seteuid(23456)
        error = caught(reader().read_file, str(path))
        os.write(write, type(error).__name__.encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read, 100) == b"AccessDeniedError"
    os.close(read)
    os.close(write)


def test_a_file_that_keeps_changing_ends_in_an_error(path) -> None:
    """After a bounded number of readings, and at the deadline."""
    count = 0

    def sleep(_: float) -> None:
        nonlocal count
        count += 1
        path.write_text(f"{CANARY}{count}")

    error = caught(reader(sleep=sleep, wall_clock_ns=lambda: 0).read_file, str(path))
    assert isinstance(error, ProviderUnavailableError)
    assert "rename" in error.hint
    assert count == MOST_READINGS
    clock = FakeClock()

    def pass_time(seconds: float) -> None:
        clock.advance(seconds)
        sleep(seconds)

    late = SecureReader(
        "file:x", FileRules(), Deadline(0.1, clock=clock), sleep=pass_time, wall_clock_ns=lambda: 0
    )
    assert isinstance(caught(late.read_file, str(path)), ProviderUnavailableError)


def test_a_wall_clock_that_is_wrong_only_costs_a_second_reading(path) -> None:
    """Two equal readings are enough."""
    pauses: list[float] = []
    assert (
        reader(sleep=pauses.append, wall_clock_ns=lambda: 0).read_file(str(path)).reveal() == CANARY
    )
    assert len(pauses) == 1


def test_nothing_stays_open(path) -> None:
    """Ten thousand readings, good and bad, keep no descriptor."""
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5000):
        reader().read_file(str(path))
        caught(reader().read_file, f"{path}-absent")
    assert len(os.listdir("/proc/self/fd")) <= before


def test_a_generation_that_never_arrives_is_an_error(path) -> None:
    """kubelet's link leads nowhere for longer than a moment."""
    (path.parent / "..data").symlink_to("..gone")
    read = reader(sleep=lambda _: None).read_directory
    assert isinstance(caught(read, str(path.parent), lambda _: True), ProviderUnavailableError)


def test_a_link_that_is_moved_while_it_is_read_is_read_again(path) -> None:
    """To another generation, and to one that is gone already."""
    for number in (1, 2):
        (path.parent / f"..{number}").mkdir(0o700)
        (path.parent / f"..{number}" / "api_key").touch(0o600)
        (path.parent / f"..{number}" / "api_key").write_text(f"{number}")
    link = path.parent / "..data"
    targets = ["..2", "..gone", "..2"]

    def wanted(name: str) -> bool:
        if targets:
            link.unlink()
            link.symlink_to(targets.pop(0))
        return name == "api_key"

    link.symlink_to("..1")
    contents = reader(sleep=lambda _: link.unlink() or link.symlink_to("..2")).read_directory(
        str(path.parent), wanted
    )
    assert contents["api_key"].reveal() == "2"
