"""`dotenv:` and `file:` are written: at once, only over what was read, and nothing else changes."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import json
import os
import signal
import stat
import sys
import threading
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from language import refusal
from support import caught, child, new_key, pair, token
from waiting import PATIENCE, beside, wait_for

from binance_creds import KeyType, Secret, SourceURI, load_credentials
from binance_creds._files import _writer
from binance_creds._parse._dotenv_text import read_dotenv
from binance_creds._parse._edit._dotenv import edited_dotenv
from binance_creds._parse._names import Names
from binance_creds._raw import VALUE
from binance_creds.errors import (
    AccessDeniedError,
    ConfigurationError,
    ConflictError,
    MalformedSecretError,
    ProviderUnavailableError,
    SecretNotFoundError,
)
from binance_creds.providers import Deadline, Store
from binance_creds.providers.local.dotenv import DotenvProvider
from binance_creds.providers.local.file import FileProvider
from binance_creds.testing import StoreContract, assert_no_leak

KEY, SECRET = token(), token()
OLD = {"api_key": KEY, "api_secret": SECRET}


def opened(source: str) -> DotenvProvider | FileProvider:
    uri = SourceURI.parse(source)
    return DotenvProvider(uri) if uri.scheme == "dotenv" else FileProvider(uri)


def version_of(source: str) -> str | None:
    try:
        return opened(source).fetch(Deadline(PATIENCE)).version
    except (SecretNotFoundError, MalformedSecretError):
        return None


def put(source: str, fields: dict[str, str], **options) -> str | None:
    expected = options["expected"] if "expected" in options else version_of(source)
    secrets = {name: Secret(text) for name, text in fields.items()}
    return opened(source).store(
        secrets, Deadline(options.get("seconds", PATIENCE)), expected_version=expected
    )


def held(source: str) -> dict[str, str]:
    raw = opened(source).fetch(Deadline(PATIENCE))
    return {name: secret.reveal() for name, secret in raw.fields.items()}


@pytest.fixture
def write(tmp_path):
    """Write a private file; return its path."""

    def write(name: str, text: str | bytes, mode: int = 0o600):
        path = tmp_path / name
        path.touch(mode)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


class TestJson(StoreContract):
    """Obeys every law."""

    name = "pair.json"

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path) -> None:
        self.folder = tmp_path

    def open(self, uri):
        return FileProvider(uri)

    def text(self, fields) -> str:
        return json.dumps(fields)

    def write(self, fields):
        path = self.folder / self.name
        path.touch(0o600)
        path.write_text(self.text(fields))
        return f"file:{path}"

    def missing(self):
        return f"file:{self.folder / f'absent-{self.name}'}"


class TestToml(TestJson):
    """Obeys every law."""

    name = "pair.toml"

    def text(self, fields) -> str:
        return "".join(f"{name} = '{text}'\n" for name, text in fields.items())


class TestLines(TestJson):
    """Obeys every law."""

    name = "bot.env"

    def text(self, fields) -> str:
        return "".join(f"BINANCE_{name.upper()}={text}\n" for name, text in fields.items())


# `{k}` and `{s}` are the pair of before, and of afterwards where the line stays.
KEPT = {
    "comments, order and others": '# mine\nA=1\nBINANCE_API_KEY={k} # of May\n\n# other\nexport B="x y"\nBINANCE_API_SECRET={s}\nC=$A\n',
    "line ends of Windows": "A=1\r\nBINANCE_API_KEY={k}\r\nBINANCE_API_SECRET={s}\r\nB=2\r\n",
    "no line end at the end": "BINANCE_API_KEY={k}\nBINANCE_API_SECRET={s}",
    "a byte order mark": "\ufeffBINANCE_API_KEY={k}\nBINANCE_API_SECRET={s}\n",
    "spaces, export and a tab": "  export BINANCE_API_KEY = {k}\t\nBINANCE_API_SECRET\t=\t{s}  # note\n",
    "another spelling": "BINANCE_APIKEY={k}\nBINANCE_SECRET_KEY={s}\n",
    "the same twice": "BINANCE_API_KEY={k}\nBINANCE_API_KEY={k}\nBINANCE_API_SECRET={s}\n",
    "what is no line": "set -a\nspring.profiles.active=prod\nnot a line\nBINANCE_API_KEY={k}\nBINANCE_API_SECRET={s}\n",
    "sub-accounts": "BINANCE_SUB_A_KEY=abc\nBINANCE_SUB_A_SECRET=def\nBINANCE_API_KEY={k}\nBINANCE_API_SECRET={s}\n",
}  # fmt: skip


@pytest.mark.parametrize("form", KEPT.values(), ids=KEPT.keys())
@pytest.mark.parametrize("scheme", ["dotenv", "file"])
def test_every_other_byte_stays(write, scheme, form) -> None:
    new = pair()
    path = write(".env", form.format(k=KEY, s=SECRET))
    put(f"{scheme}:{path}", new)
    assert form.format(k=new["api_key"], s=new["api_secret"]).encode() == path.read_bytes()


CHANGED = {
    "quotes around the value": ("BINANCE_API_KEY='{k}'\nBINANCE_API_SECRET=\"{s}\" # a\n", "BINANCE_API_KEY={k}\nBINANCE_API_SECRET={s} # a\n"),
    "nothing of ours": ("A=1\n", "A=1\nBINANCE_API_KEY={k}\nBINANCE_API_SECRET={s}\n"),
    "no line end": ("A=1", "A=1\nBINANCE_API_KEY={k}\nBINANCE_API_SECRET={s}\n"),
    "no line end of Windows": ("A=1\r\nB=2", "A=1\r\nB=2\r\nBINANCE_API_KEY={k}\r\nBINANCE_API_SECRET={s}\r\n"),
    "empty": ("", "BINANCE_API_KEY={k}\nBINANCE_API_SECRET={s}\n"),
    "a field that goes": (
        "A=1\n\nBINANCE_ENVIRONMENT=testnet\nBINANCE_API_KEY={k}\nBINANCE_API_SECRET={s}\nB=2\n",
        "A=1\n\nBINANCE_API_KEY={k}\nBINANCE_API_SECRET={s}\nB=2\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after"), CHANGED.values(), ids=CHANGED.keys())
def test_what_changes_is_as_small_as_can_be(write, before, after) -> None:
    new = pair()
    path = write(".env", before.format(k=KEY, s=SECRET))
    put(f"dotenv:{path}", new)
    assert after.format(k=new["api_key"], s=new["api_secret"]).encode() == path.read_bytes()


def test_a_pem_stands_in_quotes_beside_its_key(write) -> None:
    """In place of the secret, and before the lines of others."""
    key = new_key(KeyType.ED25519)
    path = write(".env", f"BINANCE_API_KEY={KEY}\nBINANCE_API_SECRET={SECRET}\nA=1\n")
    new = {
        "api_key": key.api_key,
        "private_key": key.private_key_pem,
        "passphrase": 'it\'s "50\\50" $HOME # x',
    }
    put(f"dotenv:{path}", new)
    assert new == held(f"dotenv:{path}")
    assert path.read_text().startswith(
        f'BINANCE_API_KEY={key.api_key}\nBINANCE_PRIVATE_KEY="-----BEGIN'
    )
    assert path.read_text().endswith("\nA=1\n")
    again = pair()
    put(f"dotenv:{path}", again)
    assert (
        path.read_text()
        == f"BINANCE_API_KEY={again['api_key']}\nBINANCE_API_SECRET={again['api_secret']}\nA=1\n"
    )


VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=40)


@given(value=VALUES, other=VALUES)
def test_any_value_reads_back_or_is_refused(value, other) -> None:
    """The store compares before it writes, so that a form which does not read back is an error."""
    names = Names(takes_bare=False)
    fields = {"api_key": Secret(value), "passphrase": Secret(other)}
    text = edited_dotenv(Secret("A='1\n2'\nBINANCE_API_KEY=x\n"), fields, names)
    found = read_dotenv(text, names, source="dotenv:x")
    assert found["A"].reveal() == "1\n2"
    if "\r" not in value + other:
        assert (value, other) == (
            found["BINANCE_API_KEY"].reveal(),
            found["BINANCE_PASSPHRASE"].reveal(),
        )


def test_another_prefix_leaves_ours_alone(write) -> None:
    path = write(".env", f"BINANCE_API_KEY={KEY}\nBINANCE_API_SECRET={SECRET}\n")
    before, new = path.read_text(), pair()
    put(f"dotenv:{path}?prefix=BOT", new)
    assert (
        path.read_text()
        == f"{before}BOT_API_KEY={new['api_key']}\nBOT_API_SECRET={new['api_secret']}\n"
    )


DOCUMENTS = {
    "four spaces": '{\n    "name": "bot",\n    "api_key": "{k}",\n    "api_secret": "{s}",\n    "n": [1,  2.50, {"api_key": "x"}]\n}\n',
    "one line": '{"api_key":"{k}","api_secret":"{s}","é":"\\u00e9"}',
    "spaces and spellings": ' { "secretKey" : "{s}" , "apiKey" : "{k}" }\r\n',
    "a byte order mark": '\ufeff{"api_key": "{k}", "api_secret": "{s}"}',
}  # fmt: skip


def filled(form: str, fields: dict[str, str]) -> bytes:
    return form.replace("{k}", fields["api_key"]).replace("{s}", fields["api_secret"]).encode()


@pytest.mark.parametrize("form", DOCUMENTS.values(), ids=DOCUMENTS.keys())
def test_a_document_keeps_its_form(write, form) -> None:
    new = pair()
    path = write("pair.json", filled(form, OLD))
    put(f"file:{path}", new)
    assert filled(form, new) == path.read_bytes()


MEMBERS = {
    "added behind the last": ('{\n  "a": 1\n}\n', '{\n  "a": 1,\n  "api_key": "{k}",\n  "api_secret": "{s}"\n}\n'),
    "added to nothing": ("{}", '{\n  "api_key": "{k}",\n  "api_secret": "{s}"\n}'),
    "the first goes": ('{"environment": "testnet", "api_key": "{k}", "api_secret": "{s}"}', '{"api_key": "{k}", "api_secret": "{s}"}'),
    "the last goes": ('{"api_key": "{k}", "api_secret": "{s}", "rotation_days": 90 }', '{"api_key": "{k}", "api_secret": "{s}" }'),
    "no file": (None, '{\n  "api_key": "{k}",\n  "api_secret": "{s}"\n}\n'),
    "white space": (" \n", '{\n  "api_key": "{k}",\n  "api_secret": "{s}"\n}\n'),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after"), MEMBERS.values(), ids=MEMBERS.keys())
def test_members_come_and_go(write, tmp_path, before, after) -> None:
    new = pair()
    path = tmp_path / "pair.json"
    if before is not None:
        write("pair.json", filled(before, OLD))
    put(f"file:{path}", new)
    assert filled(after, new) == path.read_bytes()


def test_a_member_is_changed_alone(write) -> None:
    """An object, or a text in which one half is."""
    path = write("all.json", json.dumps({"live": OLD, "testnet": OLD, "key": KEY}))
    new = pair()
    put(f"file:{path}#testnet", new)
    assert json.loads(path.read_text()) == {"live": OLD, "testnet": new, "key": KEY}
    put(f"file:{path}#key", {VALUE: new["api_key"]})
    assert json.loads(path.read_text()) == {"live": OLD, "testnet": new, "key": new["api_key"]}


TOML = {
    "above the tables": ("# pair\napi_key = '{k}' # of May\napi_secret=\"{s}\"\nn = 1_000\n\n[other]\napi_key = \"x\"\n", ""),
    "in a table": ('a = [1, 2]\n[live]\nname = "bot"\napi_key = "{k}"\r\napi_secret = "{s}"\n[last] # x\nb = 1979-05-27\n', "#live"),
}  # fmt: skip


@pytest.mark.parametrize(("form", "member"), TOML.values(), ids=TOML.keys())
def test_plain_toml_keeps_its_lines(write, form, member) -> None:
    new = pair()
    path = write("pair.toml", filled(form, OLD))
    put(f"file:{path}{member}", new)
    assert filled(form.replace("'{k}'", '"{k}"'), new) == path.read_bytes()


def test_toml_takes_and_loses_names(write, tmp_path) -> None:
    key = new_key(KeyType.ED25519)
    fields = {
        "api_key": key.api_key,
        "private_key": key.private_key_pem,
        "passphrase": 'a\x7f"\\\u2028',
    }
    path = write("pair.toml", f'api_key = "{KEY}"\napi_secret = "{SECRET}"\nx = 1')
    put(f"file:{path}", fields)
    assert tomllib.loads(path.read_text()) == {**fields, "x": 1}
    put(f"file:{path}", OLD)
    assert tomllib.loads(path.read_text()) == {**OLD, "x": 1}
    put(f"file:{tmp_path / 'new.toml'}", fields)
    assert tomllib.loads((tmp_path / "new.toml").read_text()) == fields
    last = write("last.toml", f'[live]\napi_key = "{KEY}"\napi_secret = "{SECRET}"')
    put(f"file:{last}#live", {**OLD, "environment": "testnet"})
    assert tomllib.loads(last.read_text()) == {"live": {**OLD, "environment": "testnet"}}


@pytest.mark.parametrize(
    "more",
    [
        'x = """\na"""\n',
        "a.b = 1\n",
        "[a.b]\nc = 1\n",
        "[[a]]\nb = 1\n",
        "x = [\n1]\n",
        "x = {a = 1, b = '#'}\n",
    ],
)
def test_toml_that_is_not_plain_is_refused(write, more) -> None:
    path = write("pair.toml", f'api_key = "{KEY}"\napi_secret = "{SECRET}"\n{more}')
    before = path.read_bytes()
    error = refusal(put, f"file:{path}", pair())
    assert ConfigurationError is type(error)
    assert before == path.read_bytes()


def test_one_value_is_replaced_by_one_value(write, tmp_path) -> None:
    """Such as the half of a pair, or a PEM."""
    path = write("api_key", f"{KEY}\n")
    new = token()
    put(f"file:{path}", {VALUE: f"{new}\n"})
    assert path.read_text() == f"{new}\n"
    put(f"file:{tmp_path / 'other'}", {VALUE: new})
    assert (tmp_path / "other").read_text() == new


def misfit(name, text, fields, source="file:{path}"):
    return (name, text, fields, source)


REFUSED = {
    "a pair over one value": misfit("key", KEY, OLD),
    "one value over lines": misfit("x.env", f"BINANCE_API_KEY={KEY}\n", {VALUE: KEY}),
    "one value over an object": misfit("x.json", json.dumps(OLD), {VALUE: KEY}),
    "one value over a member that is an object": misfit("x.json", json.dumps({"a": OLD}), {VALUE: KEY}, "file:{path}#a"),
    "a pair over a member that is a text": misfit("x.json", json.dumps({"a": json.dumps(OLD)}), OLD, "file:{path}#a"),
    "a member of nothing": misfit("x.json", "", OLD, "file:{path}#a"),
    "one value into a .env": misfit(".env", "", {VALUE: KEY}, "dotenv:{path}"),
    "no field": misfit("x.json", "", {}),
    "an unknown field": misfit("x.json", "", {"colour": "red"}),
    "an environment that is lost": misfit(".env", "BINANCE_ENVIRONMENT=testnet\n", OLD, "dotenv:{path}"),
    "a switch that is not stored": misfit(".env", "BINANCE_TESTNET=1\n", OLD, "dotenv:{path}"),
    "a pipe": misfit(".env", "", OLD, "dotenv:{path}?pipe=true"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "text", "fields", "source"), REFUSED.values(), ids=REFUSED.keys())
def test_what_does_not_fit_is_refused(write, tmp_path, name, text, fields, source) -> None:
    path = write(name, text)
    source = source.format(path=path)
    error = refusal(put, source, fields)
    assert ConfigurationError is type(error)
    assert error.source.startswith(source.partition("?")[0])
    assert (path.read_text(), [name]) == (text, os.listdir(tmp_path))


def test_a_name_that_leads_to_another_file_is_not_followed(write) -> None:
    """The two would change apart."""
    secret = write("secret", SECRET)
    path = write(".env", f"BINANCE_API_KEY={KEY}\nBINANCE_API_SECRET_FILE={secret}\n")
    before = path.read_text()
    error = refusal(put, f"dotenv:{path}", pair())
    assert "BINANCE_API_SECRET_FILE" in error.message
    assert (before, SECRET) == (path.read_text(), secret.read_text())


def test_what_cannot_be_read_is_not_replaced(write) -> None:
    """A line that may be ours, half of JSON, a byte that is no text, too much."""
    for name, text in (
        (".env", "BINANCE_API_KEY\n"),
        ("x.json", '{"api_key": '),
        ("x", b"\xff"),
        ("y", "a" * 70_000),
    ):
        path = write(name, text)
        before = path.read_bytes()
        error = caught(put, f"{'dotenv' if name == '.env' else 'file'}:{path}", OLD, expected=None)
        assert MalformedSecretError is type(error), name
        assert before == path.read_bytes()


def test_a_file_grows_no_larger_than_what_is_read(write) -> None:
    path = write(".env", "#" * 65_000)
    assert "larger" in refusal(put, f"dotenv:{path}", {**OLD, "passphrase": "x" * 2000}).message
    assert path.read_text() == "#" * 65_000


def test_the_old_or_the_new_pair_is_there_and_no_third(write, monkeypatch) -> None:
    """A value that does not read back is refused before anything is written."""
    path = write("key", KEY)
    error = refusal(put, f"file:{path}", {VALUE: '{"api_key": "x", "api_secret": "y"}'})
    assert "give back" in error.message
    assert path.read_text() == KEY


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_owner_and_mode(write, monkeypatch) -> None:
    """The owner stays, and is the only one who may read it; a new file is as private."""
    path = write(".env", f"BINANCE_API_KEY={KEY}\nBINANCE_API_SECRET={SECRET}\n", 0o640)
    path.chmod(0o640)
    os.chown(path, 1234, 1234)
    with pytest.warns(UserWarning, match="another user"):
        put(f"dotenv:{path}", pair())
    status = path.stat()
    assert (1234, 1234, 0o600) == (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode))
    monkeypatch.setattr(os, "fchown", raising(errno.EPERM))
    before = path.read_text()
    with pytest.warns(UserWarning, match="another user"):
        error = caught(put, f"dotenv:{path}", pair())
    assert AccessDeniedError is type(error)
    assert before == path.read_text()


def test_a_new_file_is_private(tmp_path) -> None:
    umask = os.umask(0)
    try:
        put(f"dotenv:{tmp_path / '.env'}", OLD)
    finally:
        os.umask(umask)
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == [".env"]


def test_a_link_is_followed(write, tmp_path) -> None:
    """It stays a link, relative or absolute, and what it leads to is replaced."""
    real = tmp_path / "real"
    real.mkdir(0o700)
    write("real/.env", f"BINANCE_API_KEY={KEY}\nBINANCE_API_SECRET={SECRET}\n")
    (tmp_path / "one").symlink_to("real/.env")
    (tmp_path / "two").symlink_to(tmp_path / "one")
    new = pair()
    put(f"dotenv:{tmp_path / 'two'}", new)
    assert (tmp_path / "two").is_symlink()
    assert new == held(f"dotenv:{real / '.env'}")
    (tmp_path / "lost").symlink_to("real/new.env")
    put(f"dotenv:{tmp_path / 'lost'}", new, expected=None)
    assert new == held(f"dotenv:{real / 'new.env'}")
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    assert "ELOOP" in caught(put, f"dotenv:{tmp_path / 'a'}", new, expected=None).hint


def test_folders_of_kubelet_are_refused(tmp_path) -> None:
    """By the path of the volume, by that of a generation, and through a link from elsewhere."""
    volume = tmp_path / "volume"
    (volume / "..2024_05_01").mkdir(0o700, parents=True)
    (volume / "..data").symlink_to("..2024_05_01")
    (volume / "pair.json").symlink_to("..data/pair.json")
    real = volume / "..2024_05_01" / "pair.json"
    real.touch(0o600)
    real.write_text(json.dumps(OLD))
    (tmp_path / "link").symlink_to("volume/pair.json")
    for path in (
        volume / "pair.json",
        volume / "..data" / "pair.json",
        tmp_path / "link",
        volume / "new",
    ):
        error = refusal(put, f"file:{path}", pair())
        assert ConfigurationError is type(error)
        assert "kubelet" in error.message
    assert json.loads(real.read_text()) == OLD


def test_a_folder_of_systemd_is_refused(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert "systemd" in refusal(put, "file:$CREDENTIALS_DIRECTORY/pair", OLD).message


def test_what_is_no_file_of_one_name_is_refused(write, tmp_path) -> None:
    """A folder of fields, a pipe, and a file with two names."""
    folder = tmp_path / "fields"
    folder.mkdir(0o700)
    write("fields/api_key", KEY)
    write("fields/api_secret", SECRET)
    assert "cannot be replaced at once" in caught(put, f"file:{folder}", pair()).message
    os.mkfifo(tmp_path / "pipe", 0o600)
    assert (
        "no regular file" in caught(put, f"file:{tmp_path / 'pipe'}", pair(), expected=None).message
    )
    path = write(".env", "")
    os.link(path, tmp_path / "other")
    assert "hard link" in caught(put, f"dotenv:{path}", OLD).message


def raising(number: int):
    def call(*_, **__):
        raise OSError(number, os.strerror(number))

    return call


FAILING = {
    "a full disk": ("write", errno.ENOSPC, ProviderUnavailableError),
    "a quota": ("write", errno.EDQUOT, ProviderUnavailableError),
    "a disk that fails late": ("fsync", errno.EIO, ProviderUnavailableError),
    "no right to write": ("open", errno.EACCES, AccessDeniedError),
    "a file system that is read-only": ("open", errno.EROFS, AccessDeniedError),
    "a mount": ("replace", errno.EBUSY, ConfigurationError),
    "a name too long": ("open", errno.ENAMETOOLONG, ConfigurationError),
}  # fmt: skip


@pytest.mark.parametrize(("call", "number", "kind"), FAILING.values(), ids=FAILING.keys())
def test_a_failure_changes_nothing(write, tmp_path, monkeypatch, call, number, kind) -> None:
    path = write(".env", f"BINANCE_API_KEY={KEY}\nBINANCE_API_SECRET={SECRET}\n")
    real, failing = getattr(os, call), raising(number)

    def mine(*arguments, **options):
        is_reading = call == "open" and not arguments[1] & os.O_CREAT
        return real(*arguments, **options) if is_reading else failing()

    monkeypatch.setattr(os, call, mine)
    error = caught(put, f"dotenv:{path}", pair())
    monkeypatch.undo()
    assert kind is type(error)
    assert errno.errorcode[number] in error.hint
    assert error.source == f"dotenv:{path}"
    assert held(f"dotenv:{path}") == OLD
    assert os.listdir(tmp_path) == [".env"]


def test_a_folder_that_is_not_there_is_told(tmp_path) -> None:
    error = caught(put, f"dotenv:{tmp_path}/no/.env", OLD)
    assert ConfigurationError is type(error)
    assert "there is no such folder" in error.message


def test_a_folder_that_cannot_be_synced_is_no_failure(tmp_path, monkeypatch) -> None:
    """The file is replaced; what could not be said any more is not said."""
    real = os.fsync

    def fsync(descriptor) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    put(f"dotenv:{tmp_path / '.env'}", OLD)
    assert held(f"dotenv:{tmp_path / '.env'}") == OLD


@pytest.fixture
def small_disk(tmp_path):
    """Mount a file system of one page."""
    libc = ctypes.CDLL(None, use_errno=True)
    folder = tmp_path / "disk"
    folder.mkdir(0o700)
    if sys.platform != "linux" or libc.mount(
        b"tmpfs", bytes(folder), b"tmpfs", 0, b"size=4k,mode=700"
    ):
        pytest.skip("this user may not mount a file system")
    yield folder, lambda flags: libc.mount(b"tmpfs", bytes(folder), b"tmpfs", flags, b"")
    libc.umount2(bytes(folder), 2)


def test_a_disk_that_is_really_full(small_disk) -> None:
    folder, _ = small_disk
    path = folder / ".env"
    path.touch(0o600)
    path.write_text(f"BINANCE_API_KEY={KEY}\nBINANCE_API_SECRET={SECRET}\n")
    error = caught(put, f"dotenv:{path}", pair())
    assert ProviderUnavailableError is type(error)
    assert "ENOSPC" in error.hint
    assert held(f"dotenv:{path}") == OLD
    assert os.listdir(folder) == [".env"]


def test_a_folder_that_is_really_read_only(small_disk) -> None:
    folder, remount = small_disk
    path = folder / ".env"
    path.touch(0o600)
    path.write_text(f"BINANCE_API_KEY={KEY}\nBINANCE_API_SECRET={SECRET}\n")
    assert remount(0x20 | 0x1) == 0  # MS_REMOUNT, MS_RDONLY
    error = caught(put, f"dotenv:{path}", pair())
    assert AccessDeniedError is type(error)
    assert "EROFS" in error.hint


def test_another_program_that_writes_meanwhile_is_noticed(write, monkeypatch) -> None:
    """An editor knows no lock: what it has written before the last moment is not lost."""
    path = write(".env", f"BINANCE_API_KEY={KEY}\nBINANCE_API_SECRET={SECRET}\n")
    edited = f"# edited\nBINANCE_API_KEY={KEY}\nBINANCE_API_SECRET={SECRET}\n"
    real = os.fsync

    def fsync(descriptor) -> None:
        path.write_text(edited)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    error = refusal(put, f"dotenv:{path}", pair())
    assert ConflictError is type(error)
    assert "while it was being replaced" in error.message
    assert path.read_text() == edited


def test_a_writer_waits_for_another_and_not_for_ever(tmp_path) -> None:
    """The lock is that of the folder, and ends with its holder."""
    source, locked = f"dotenv:{tmp_path / '.env'}", os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(locked, fcntl.LOCK_EX)
    error = refusal(put, source, OLD, expected=None, seconds=0.05)
    assert ProviderUnavailableError is type(error)
    waiting = beside(lambda: put(source, OLD, expected=None))
    os.close(locked)
    waiting.result(PATIENCE)
    assert held(source) == OLD


def test_where_folders_cannot_be_locked_it_writes_nevertheless(tmp_path, monkeypatch) -> None:
    """As on some network file systems; and on Windows, which has neither `fcntl` nor descriptors."""
    monkeypatch.setattr(fcntl, "flock", raising(errno.ENOLCK))
    put(f"dotenv:{tmp_path / 'a'}", OLD)
    monkeypatch.setitem(sys.modules, "fcntl", None)
    put(f"dotenv:{tmp_path / 'b'}", OLD)
    monkeypatch.undo()
    monkeypatch.setattr(os, "supports_dir_fd", frozenset())
    put(f"dotenv:{tmp_path / 'c'}", OLD)
    for name in "abc":
        assert held(f"dotenv:{tmp_path / name}") == OLD


def test_a_folder_that_is_exchanged_meanwhile_is_tried_again_later(tmp_path, monkeypatch) -> None:
    from binance_creds._files._errors import ChangedError

    def changed(*_):
        raise ChangedError

    monkeypatch.setattr(_writer, "followed", changed)
    error = refusal(put, f"dotenv:{tmp_path / '.env'}", OLD, expected=None)
    assert ProviderUnavailableError is type(error)


WRITER = """
import os, sys
from binance_creds import Secret, SourceURI
from binance_creds.providers import Deadline
from binance_creds.providers.local.dotenv import DotenvProvider
provider = DotenvProvider(SourceURI.parse(os.environ["SOURCE"]))
"""


@pytest.mark.parametrize("call", ["open", "write", "fsync", "replace"])
def test_a_kill_leaves_the_old_file_or_the_new_one(write, tmp_path, call) -> None:
    """At each step; and the next writer removes what the killed one left."""
    path = write(".env", f"A=1\nBINANCE_API_KEY={KEY}\nBINANCE_API_SECRET={SECRET}\n")
    new = pair()
    code = (
        WRITER
        + f"""
version = provider.fetch(Deadline()).version
real = os.{call}
def killed(*arguments, **options):
    result = real(*arguments, **options)
    if {call!r} != "open" or arguments[1] & os.O_CREAT:
        os.kill(os.getpid(), 9)
    return result
os.{call} = killed
fields = dict(api_key=Secret(os.environ["K"]), api_secret=Secret(os.environ["S"]))
provider.store(fields, Deadline(), expected_version=version)
"""
    )
    with child(code, SOURCE=f"dotenv:{path}", K=new["api_key"], S=new["api_secret"]) as process:
        assert process.wait(PATIENCE) == -signal.SIGKILL
    assert held(f"dotenv:{path}") == (new if call == "replace" else OLD)
    assert path.read_text().startswith("A=1\n")
    third = pair()
    put(f"dotenv:{path}", third)
    assert (third, [".env"]) == (held(f"dotenv:{path}"), os.listdir(tmp_path))


@pytest.mark.parametrize(
    ("name", "left"),
    [(".env", ".env.binance-creds-new"), ("pair.json", ".pair.json.binance-creds-new")],
)
def test_what_a_killed_writer_leaves_is_hidden(tmp_path, monkeypatch, name, left) -> None:
    """And ignored by git where `.env*` is; nobody else may read it."""
    seen = {}

    def replaced(old, new, **_) -> None:
        seen[old] = stat.S_IMODE((tmp_path / old).stat().st_mode)
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "replace", replaced)
    caught(put, f"file:{tmp_path / name}", OLD, expected=None)
    assert seen == {left: 0o600}


def test_processes_that_write_at_once(write) -> None:
    """Each reads and writes until it wins; each win is one, and no pair is mixed."""
    path = write(".env", f"A=1\nBINANCE_API_KEY={'0' * 64}\nBINANCE_API_SECRET={'0' * 64}x\nB=2\n")
    code = (
        WRITER
        + """
from binance_creds.errors import ConfigurationError, ConflictError
for _ in range(10):
    while True:
        raw = provider.fetch(Deadline())
        number = int(raw.fields["api_key"].reveal()) + 1
        fields = dict(api_key=Secret(f"{number:064}"), api_secret=Secret(f"{number:064}x"))
        try:
            provider.store(fields, Deadline(), expected_version=raw.version)
            break
        except ConflictError as error:
            assert "changed" in str(error), error
"""
    )
    with contextlib.ExitStack() as stack:
        writers = [stack.enter_context(child(code, SOURCE=f"dotenv:{path}")) for _ in range(3)]
        for writer in writers:
            assert ("", "") == writer.communicate(timeout=PATIENCE)
    assert path.read_text() == f"A=1\nBINANCE_API_KEY={30:064}\nBINANCE_API_SECRET={30:064}x\nB=2\n"


def test_a_live_handle_sees_what_is_stored(write) -> None:
    path = write(".env", f"BINANCE_API_KEY={KEY}\nBINANCE_API_SECRET={SECRET}\n")
    new = pair()
    with load_credentials(f"dotenv:{path}", live=True) as live:
        put(f"dotenv:{path}", new)
        wait_for(lambda: live.current.api_key.reveal() == new["api_key"])


@pytest.mark.unmeasured
def test_readers_never_see_a_half(write) -> None:
    """While a writer goes on."""
    path = write("pair.json", json.dumps({"api_key": "0", "api_secret": "0"}))
    source, end = f"file:{path}", threading.Event()

    def write_on() -> None:
        for number in range(1, 100):
            put(source, {"api_key": str(number), "api_secret": str(number)})
        end.set()

    writing = beside(write_on)
    while not end.is_set():
        found = held(source)
        assert found["api_key"] == found["api_secret"]
        assert not writing.done() or writing.exception() is None
    writing.result(PATIENCE)


def test_errors_show_nothing(write) -> None:
    """Of what is there, and of what is given."""
    path = write(".env", f"BINANCE_API_KEY={KEY}\nBINANCE_API_SECRET={SECRET}\n")
    given = token()
    cases = (
        (f"dotenv:{path}", {"api_key": Secret(given)}, None),
        (f"file:{write('key', SECRET)}", {VALUE: Secret(json.dumps({"api_key": given}))}, ...),
        (
            f"file:{write('x.toml', f'api_key = {SECRET!r}' + chr(10) + 'a.b = 1')}",
            {"api_key": Secret(given)},
            ...,
        ),
    )
    for source, fields, expected in cases:
        provider = opened(source)
        assert isinstance(provider, Store)
        version = version_of(source) if expected is ... else expected
        error = caught(provider.store, fields, Deadline(PATIENCE), expected_version=version)
        assert type(error) is (ConflictError if expected is None else ConfigurationError)
        for canary in (SECRET, given):
            assert_no_leak(canary, error, provider)


def test_a_file_with_a_switch_takes_the_pair_of_its_environment(write) -> None:
    """The switch stays, for the program whose it is."""
    path = write(".env", "BINANCE_TESTNET=true\n")
    source = f"dotenv:{path}"
    opened(source).check_store(Deadline(PATIENCE))
    put(source, {**OLD, "environment": "testnet"}, expected=None)
    assert path.read_text().startswith("BINANCE_TESTNET=true\nBINANCE_API_KEY=")
