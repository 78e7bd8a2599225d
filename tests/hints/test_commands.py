"""Every command that a hint names does what the hint says.

What the library may say is collected from its source, so that a new command fails here until a
test runs it. The commands of vendors are asked for their help where the program is installed.
"""

from __future__ import annotations

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, metadata
from itertools import takewhile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization as s
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from support import build, caught, token

import binance_creds
from binance_creds import load_credentials
from binance_creds.errors import CredentialsWarning

PACKAGE = Path(binance_creds.__file__).parent
PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
VENDORS = {"aws", "az", "gcloud", "gnome-keyring-daemon", "security", "vault"}
COMMAND = re.compile(r"(?:: |`|'|\()([a-z][a-z0-9-]*) ((?:'[^']*'|[^`;,'])+)")
# Programs whose names are English words too: what begins with one is a sentence.
WORDS = {"at", "cut", "find", "join", "last", "link", "look", "make", "more", "pass", "see", "sort", "split", "test",
         "time", "touch", "which", "who", "write", "yes"}  # fmt: skip
PASSPHRASE = token()
PAIR = f"BINANCE_API_KEY={token()}\nBINANCE_API_SECRET={token()}\n"


def texts(tree: ast.AST):
    """Give the texts of a module that are no docstring; a value within one becomes `{}`."""
    skipped = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            skipped |= set(node.values)
            parts = (p.value if isinstance(p, ast.Constant) else "{}" for p in node.values)
            yield "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if node not in skipped:
                yield node.value


def named() -> set[str]:
    """Return the commands that the source names."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for text in texts(ast.parse(path.read_text())):
            for program, rest in COMMAND.findall(text):
                if program in VENDORS | KNOWN or (shutil.which(program) and program not in WORDS):
                    found.add(f"{program} {rest.strip()}")
    return found


KNOWN = {"chmod", "chown", "jq", "keyring", "openssl", "pip", "rm", "secret-tool", "ssh-add",
         "ssh-agent", "ssh-keygen"}  # fmt: skip
RUN = {
    "chmod 600 {}": "test_a_file_that_others_can_read_or_write_is_mended",
    "chmod {} {}": "test_a_file_that_others_can_read_or_write_is_mended",
    "chown {} {}": "test_a_file_of_another_user_is_mended",
    "keyring set {} {}": "test_a_keychain_takes_a_password",
    "echo $BINANCE_API_KEY": "tests/cli/test_exec.py",
    "jq .": "test_jq_tells_json",
    "openssl genpkey -algorithm ed25519 -out key.pem": "test_a_key_can_be_made",
    "openssl pkcs12 -in key.p12 -nodes -nocerts -out key.pem": "test_a_key_comes_out_of_pkcs12",
    "openssl pkcs8 -topk8 -nocrypt -in key.pem -out pkcs8.pem": "test_an_unsupported_key_becomes_pkcs8",
    "openssl pkey -in key.pem -noout": "test_a_passphrase_can_be_checked",
    "rm {}": "test_a_link_of_another_user_is_mended",
    "secret-tool clear service {} username {}": "tests/real_server/test_secret_service.py",
    **dict.fromkeys(
        ("ssh-add -X", "ssh-add -l", "ssh-add PATH", "ssh-agent -a PATH"), "tests/ssh_agents.py"
    ),
    "ssh-keygen -p -N '' -f copy": "test_a_copy_of_an_openssh_key_is_decrypted",
    "ssh-keygen -y -f key": "test_a_passphrase_of_openssh_can_be_checked",
}


def test_every_command_that_is_named_is_run() -> None:
    """None is new, and none of the table is gone."""
    others = VENDORS | {"pip", "binance-creds"}  # the last is run by tests/cli
    ours = {command for command in named() if command.split()[0] not in others}
    assert set(RUN) == ours
    for test in RUN.values():
        assert test in globals() or (Path(__file__).parents[2] / test).is_file()


def run(command: str, folder: Path, *, answer: str = "") -> int:
    """Run a command as a shell does, without a terminal; give its status."""
    program = shlex.split(command)[0]
    if not shutil.which(program):
        pytest.skip(f"{program} is missing")
    ask = folder / "askpass"
    ask.write_text(f"#!/bin/sh\nprintf '%s\\n' {shlex.quote(answer)}\n")
    ask.chmod(0o700)
    more = {"SSH_ASKPASS": str(ask), "SSH_ASKPASS_REQUIRE": "force"}
    done = subprocess.run(
        ["sh", "-c", command], cwd=folder, env=os.environ | more, input=answer + "\n", text=True,
        capture_output=True, start_new_session=True,
    )  # fmt: skip
    return done.returncode


def of(hint: str) -> str:
    """Return the command of a hint, after its last colon."""
    return hint.rpartition(": ")[2].partition(" (or, ")[0]


def of_key(folder: Path, name: str, passphrase: str | None = None):
    """Return how a key loads: credentials or error."""
    fields = {"private_key": (folder / name).read_text()}
    if passphrase is not None:
        fields["passphrase"] = passphrase
    try:
        return build(api_key=token(), **fields)
    except binance_creds.CredentialsError as error:
        return error


@pytest.fixture
def rsa_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def encrypted(key, folder: Path, name: str = "key.pem") -> None:
    how = s.BestAvailableEncryption(PASSPHRASE.encode())
    (folder / name).write_bytes(key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, how))


def test_a_key_can_be_made(tmp_path) -> None:
    """Binance takes it."""
    (tmp_path / "public").write_text(
        "-----BEGIN EC PRIVATE KEY-----AAAA-----END EC PRIVATE KEY-----"
    )
    assert run(of(of_key(tmp_path, "public").hint), tmp_path) == 0
    assert of_key(tmp_path, "key.pem").sign(b"payload")


def test_a_key_comes_out_of_pkcs12(tmp_path, rsa_key) -> None:
    """With the password of the file."""
    import base64

    how = s.BestAvailableEncryption(PASSPHRASE.encode())
    data = serialize_key_and_certificates(b"bot", rsa_key, None, None, how)
    (tmp_path / "key.p12").write_bytes(data)
    (tmp_path / "text").write_text(base64.b64encode(data).decode())
    assert run(of(of_key(tmp_path, "text").hint), tmp_path, answer=PASSPHRASE) == 0
    assert of_key(tmp_path, "key.pem").sign(b"payload")


@pytest.mark.parametrize(
    "form", ["pkcs8 -topk8 -v2 camellia-256-cbc", "rsa -traditional -camellia256"]
)
def test_an_unsupported_key_becomes_pkcs8(tmp_path, rsa_key, form) -> None:
    """One whose encryption cryptography does not have."""
    encrypted(rsa_key, tmp_path, "first.pem")
    words = f"-in first.pem -out key.pem -passin pass:{PASSPHRASE} -passout pass:{PASSPHRASE}"
    assert run(f"openssl {form} {words}", tmp_path) == 0
    error = of_key(tmp_path, "key.pem", PASSPHRASE)
    assert error.reason == "unsupported_key"
    assert run(of(error.hint), tmp_path, answer=PASSPHRASE) == 0
    assert of_key(tmp_path, "pkcs8.pem").sign(b"payload")


def test_a_passphrase_can_be_checked(tmp_path, rsa_key) -> None:
    """The status tells."""
    encrypted(rsa_key, tmp_path)
    hint = of(of_key(tmp_path, "key.pem", "another").hint)
    assert run(hint, tmp_path, answer="another") != 0
    assert run(hint, tmp_path, answer=PASSPHRASE) == 0


@pytest.fixture
def openssh(tmp_path):
    """Return a key with a cipher that cryptography does not have."""
    make = f"ssh-keygen -q -t ed25519 -a 1 -N {PASSPHRASE} -Z chacha20-poly1305@openssh.com -f key"
    assert run(make, tmp_path) == 0
    return tmp_path / "key"


def test_a_copy_of_an_openssh_key_is_decrypted(tmp_path, openssh, monkeypatch) -> None:
    """And loads."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    shutil.copy(openssh, tmp_path / "copy")
    hint = of(of_key(tmp_path, "key", PASSPHRASE).hint)
    assert run(hint, tmp_path, answer=PASSPHRASE) == 0
    assert of_key(tmp_path, "copy").sign(b"payload")


def test_a_passphrase_of_openssh_can_be_checked(tmp_path, openssh) -> None:
    """The status tells."""
    (hint,) = (command for command in RUN if command.startswith("ssh-keygen -y"))
    assert run(hint, tmp_path, answer="another") != 0
    assert run(hint, tmp_path, answer=PASSPHRASE) == 0


def test_jq_tells_json(tmp_path) -> None:
    """It reads what is typed into it, or a file behind the dot."""
    (tmp_path / "pair.json").write_text('{"api_key": ')
    (tmp_path / "pair.json").chmod(0o600)
    hint = of(caught(load_credentials, f"file:{tmp_path}/pair.json").hint)
    assert run(f"{hint} pair.json", tmp_path) != 0
    (tmp_path / "pair.json").write_text('{"api_key": 1}')
    assert run(f"{hint} pair.json", tmp_path) == 0


@pytest.fixture
def dotenv(tmp_path):
    """Return a `.env` in a folder whose name a shell would take apart."""
    path = tmp_path / "it's a $HOME" / ".env"
    path.parent.mkdir(0o700)
    path.touch(0o600)
    path.write_text(PAIR)
    return path


def test_a_file_that_others_can_read_or_write_is_mended(dotenv, tmp_path) -> None:
    """The file, its folder, and what is only warned of."""
    source = f"dotenv:{dotenv}".replace(" ", "%20").replace("$", "%24")
    for path, mode in ((dotenv, 0o666), (dotenv.parent, 0o777)):
        path.chmod(mode)
        assert run(of(caught(load_credentials, source, fresh=True).hint), tmp_path) == 0
        assert load_credentials(source, fresh=True)
    dotenv.chmod(0o644)
    with pytest.warns(CredentialsWarning) as warned:
        load_credentials(source, fresh=True)
    assert run(of(str(warned[0].message)), tmp_path) == 0
    assert load_credentials(source, fresh=True)


needs_root = pytest.mark.skipif(
    getattr(os, "geteuid", lambda: 1)() != 0, reason="only root can give a file away"
)


def test_a_keychain_takes_a_password(tmp_path, monkeypatch) -> None:
    """Here one that keeps nothing."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    (hint,) = (command for command in RUN if command.startswith("keyring"))
    assert run(hint.format("binance", "main"), tmp_path, answer="x") == 0


@needs_root
def test_a_file_of_another_user_is_mended(dotenv, tmp_path) -> None:
    """By root, or with sudo."""
    source = f"dotenv:{dotenv}".replace(" ", "%20").replace("$", "%24")
    os.chown(dotenv, 65534, 65534)
    with pytest.warns(CredentialsWarning) as warned:
        load_credentials(source)
    assert run(of(str(warned[0].message)), tmp_path) == 0
    assert load_credentials(source, fresh=True)


@needs_root
def test_a_link_of_another_user_is_mended(dotenv, tmp_path) -> None:
    """In a folder like /tmp."""
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    (shared / "link").symlink_to(dotenv)
    os.lchown(shared / "link", 65534, 65534)
    assert run(of(caught(load_credentials, f"dotenv:{shared}/link").hint), tmp_path) == 0
    assert not (shared / "link").is_symlink()


def test_what_pip_is_to_install_exists() -> None:
    """As an extra of this project, or of the package that is named."""
    extras = set(tomllib.loads(PYPROJECT.read_text())["project"]["optional-dependencies"])
    targets = {command.split()[2].strip("'") for command in named() if command.startswith("pip")}
    assert targets
    for target in targets - {"{}", "binance-creds[{}]"}:
        name, extra = re.fullmatch(r"([a-z-]+)(?:\[([a-z-]+)\])?(?:>=[\d.]+)?", target).groups()
        if name == "binance-creds":
            assert extra in extras
        elif extra:
            try:
                assert extra in metadata(name).get_all("Provides-Extra")
            except PackageNotFoundError:  # the store's extra is not installed
                pass


def subcommand(command: str) -> tuple[str, ...]:
    """Return a vendor's command as far as its first argument."""
    words = command.split()
    is_word = (re.fullmatch("[a-z-]*[a-z]", word) and not word.startswith("-") for word in words)
    return tuple(
        word for word, _ in takewhile(lambda pair: pair[1], zip(words, is_word, strict=True))
    )


@pytest.mark.product
@pytest.mark.parametrize(
    "command", sorted({subcommand(c) for c in named() if c.split()[0] in VENDORS}), ids=" ".join
)
def test_a_vendors_program_knows_its_command(command) -> None:
    """Where it is installed."""
    program, *words = command
    if not shutil.which(program):
        pytest.skip(f"{program} is missing")
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    if version.stdout.startswith("aws-cli/1"):
        pytest.skip("the commands are those of version 2 of aws")
    ask = {"aws": "help"}.get(program, "--help")
    done = subprocess.run([program, *words, ask], capture_output=True, check=False)
    assert done.returncode == 0
