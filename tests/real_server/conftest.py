"""A session bus with a real Secret Service on it, for one test."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from waiting import PATIENCE, wait_for_calls

PROGRAMS = ("dbus-daemon", "dbus-run-session", "gnome-keyring-daemon", "secret-tool")
# No service directories: D-Bus starts nothing by itself, so a daemon that died stays dead.
BUS = """<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*"/><allow eavesdrop="true"/><allow own="*"/>
</policy></busconfig>"""


class SecretService:
    """A gnome-keyring-daemon with an unlocked `login` collection, and what people do to it."""

    def __init__(self, environ: dict[str, str], daemon: subprocess.Popen[bytes]) -> None:
        self.environ = environ
        self._daemon = daemon

    def tool(self, *arguments: str, secret: str = "") -> str:
        """Run secret-tool; return what it prints."""
        command = ["secret-tool", *arguments]
        done = subprocess.run(
            command, input=secret.encode(), env=self.environ, capture_output=True, timeout=PATIENCE
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.decode()

    def put(self, secret: str, *attributes: str, collection: str = "default") -> None:
        """Store as the manual of secret-tool shows it."""
        self.tool(
            "store", "--label=Binance", f"--collection={collection}", *attributes, secret=secret
        )

    def lock(self) -> None:
        """Lock the collection `login`."""
        import secretstorage

        with closing(secretstorage.dbus_init()) as connection:
            secretstorage.Collection(connection).lock()

    @contextmanager
    def stopped(self):
        """Hang the daemon: it accepts, and never answers."""
        self._daemon.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._daemon.send_signal(signal.SIGCONT)
            wait_for_calls()

    def kill(self) -> None:
        """End the daemon as the out-of-memory killer does."""
        self._daemon.kill()
        self._daemon.wait(PATIENCE)


@pytest.fixture(scope="session")
def programs() -> None:
    """Skip where the Secret Service is not installed."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        pytest.skip(
            f"not installed: {', '.join(missing)} (apt: dbus gnome-keyring libsecret-tools)"
        )
    pytest.importorskip("secretstorage")


@pytest.fixture
def home(programs):
    """Return the environment of a fresh user; its folder is short, as paths of sockets must be."""
    with tempfile.TemporaryDirectory(prefix="user-") as folder:
        runtime = Path(folder) / "run"
        runtime.mkdir(mode=0o700)
        clean = {
            k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "DBUS_", "GNOME_"))
        }
        yield {**clean, "HOME": folder, "XDG_RUNTIME_DIR": str(runtime)}


@pytest.fixture
def bus(home, monkeypatch):
    """Start a session bus with nothing on it; return the environment of its programs."""
    config = Path(home["HOME"]) / "bus.conf"
    config.write_text(BUS)
    command = ["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address"]
    with running(command, home, stdout=subprocess.PIPE) as process:
        address = process.stdout.readline().decode().strip()
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        yield {**home, "DBUS_SESSION_BUS_ADDRESS": address}
    wait_for_calls()  # only now: a call that waits for a prompt ends with the bus


@pytest.fixture
def secret_service(bus):
    """Start gnome-keyring the way a machine without a desktop does, and make it keyring's choice."""
    import keyring.core
    from keyring.backends.SecretService import Keyring

    chosen = keyring.core._keyring_backend
    command = ["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"]
    with running(command, bus, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as daemon:
        daemon.stdin.write(b"password of the test\n")
        daemon.stdin.close()
        wait_for_name("org.freedesktop.secrets")
        keyring.set_keyring(Keyring())
        try:
            yield SecretService(bus, daemon)
        finally:
            keyring.core._keyring_backend = chosen


@contextmanager
def running(command, environ, **streams):
    """Run a program for the length of the block, and let nothing of it stay."""
    process = subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL, **streams)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(PATIENCE)
        for stream in (process.stdin, process.stdout):
            if stream:
                stream.close()


def wait_for_name(name: str) -> None:
    """Block until somebody owns the name on the bus."""
    from jeepney import MatchRule, message_bus
    from jeepney.io.blocking import Proxy, open_dbus_connection

    rule = MatchRule(
        type="signal",
        sender=message_bus.bus_name,
        interface=message_bus.interface,
        member="NameOwnerChanged",
    )
    rule.add_arg_condition(0, name)
    with closing(open_dbus_connection()) as connection, connection.filter(rule) as signals:
        proxy = Proxy(message_bus, connection, timeout=PATIENCE)
        proxy.AddMatch(rule)
        if not proxy.NameHasOwner(name)[0]:
            connection.recv_until_filtered(signals, timeout=PATIENCE)
