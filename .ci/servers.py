"""Say which programs the tests of real servers lack, and install them.

`servers.py` prints one line for what is missing; `servers.py --install` installs it with apt and npm.
With CI=true or INSTALL=1 the former installs too, because nothing may be skipped there.
`--all` adds what only `make test-all` needs: more packages, and programs of Go where there is Go.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
AZURITE: Final = ROOT / ".azurite"
GO: Final = ROOT / ".go"


@dataclass(frozen=True)
class Server:
    """A server that tests start for themselves, and the files that only its tests cover."""

    name: str
    programs: tuple[str, ...]
    packages: tuple[str, ...] = ()  # of Debian; without any, npm has the server
    covers: tuple[str, ...] = ()


SERVERS: Final = (
    Server(
        "the Secret Service",
        ("dbus-daemon", "dbus-run-session", "gnome-keyring-daemon", "secret-tool"),
        ("dbus", "gnome-keyring", "libsecret-tools"),
        ("*/keychain/_secret_service.py", "*/keychain/_keyring.py"),
    ),
    Server(
        "Redis",
        ("redis-server",),
        ("redis-server",),
        ("*/push/_redis/*.py",),
    ),
    Server("pass", ("pass", "gpg"), ("pass", "gnupg")),
    Server(
        "SoftHSM",
        ("softhsm2-util", "p11-kit"),
        ("softhsm2", "p11-kit", "p11-kit-modules"),
        ("*/providers/signing/token/*.py",),
    ),
    Server("zsh and fish", ("zsh", "fish"), ("zsh", "fish")),
    Server("Valgrind", ("valgrind",), ("valgrind",)),  # counts instructions
    Server("Azurite", ("azurite-queue",)),
)


TOOLS: Final = {  # further programs, and the packages of Debian that have them
    "chromium": "chromium",
    "git-secrets": "git-secrets",
    "promtool": "prometheus",
}
MODULES: Final = {  # programs of Go, and where they are built from
    "actionlint": "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12",
    "compose-go": "github.com/compose-spec/compose-go/v2/cmd@v2.16.2",
    "gitleaks": "github.com/zricethezav/gitleaks/v8@v8.30.1",
    "kubectl-validate": "sigs.k8s.io/kubectl-validate@v0.0.4",
}


def search_path(environ: Mapping[str, str]) -> str:
    """Return PATH with what `install` puts into the project's own folder."""
    own = (AZURITE / "node_modules" / ".bin", GO / "bin")
    return os.pathsep.join([environ.get("PATH", os.defpath), *map(str, own)])


def missing(environ: Mapping[str, str]) -> list[Server]:
    """Return the servers that cannot be started here; they run on Linux only."""
    if sys.platform != "linux":
        return []
    path = search_path(environ)
    return [one for one in SERVERS if not all(shutil.which(it, path=path) for it in one.programs)]


def absent(programs: Iterable[str]) -> list[str]:
    """Return those of the programs that are not there."""
    path = search_path(os.environ)
    return [name for name in programs if not shutil.which(name, path=path)]


def must_run_all(environ: Mapping[str, str]) -> bool:
    """Tell whether nothing may be skipped."""
    return environ.get("CI", "").lower() in {"true", "1"} or environ.get("INSTALL") == "1"


def report(lacking: list[Server]) -> str:
    """Return the line that says what is missing, what that skips, and what installs it."""
    if not lacking:
        return "Every program for the tests with real servers is installed."
    names = ", ".join(one.name for one in lacking)
    programs = sorted({it for one in lacking for it in one.programs if not shutil.which(it)})
    return (
        f"Not installed: {', '.join(programs)}. The tests with {names} are skipped, and coverage"
        " leaves out the files that only they run. `make servers` installs the programs."
    )


def install(lacking: list[Server]) -> None:
    """Install with apt, as root or by sudo, and with npm into `.azurite`."""
    wants_npm = any(not one.packages for one in lacking)
    packages = [it for one in lacking for it in one.packages]
    if wants_npm and not shutil.which("npm"):
        packages += ["nodejs", "npm"]
    if packages:
        install_packages(packages)
    if wants_npm:
        command = ["npm", "install", "--no-fund", "--no-audit", "--silent", "--prefix"]
        subprocess.run([*command, str(AZURITE), "azurite@3"], check=True)


def install_packages(packages: list[str]) -> None:
    """Install packages of Debian, or say that this system has none."""
    if not shutil.which("apt-get"):
        sys.exit(f"This system has no apt-get. Install by hand: {', '.join(packages)}.")
    root = [] if os.geteuid() == 0 else ["sudo"]
    command = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    subprocess.run([*command, "update"], check=True)
    subprocess.run([*command, "install", "-y", "--no-install-recommends", *packages], check=True)


def install_all() -> None:
    """Install the rest of the programs."""
    if packages := [TOOLS[name] for name in absent(TOOLS)]:
        install_packages(packages)
    build(absent(MODULES))


def build(names: list[str]) -> None:
    """Build programs of Go into `.go/bin`; say which are left out without Go."""
    if names and not shutil.which("go"):
        print(f"Go is not installed: the tests with {', '.join(names)} are skipped.", flush=True)
        return
    (GO / "bin").mkdir(parents=True, exist_ok=True)
    for name in names:
        build_one(name)


def build_one(name: str) -> None:
    """Build a program, and give it its name: Go calls it as the last folder of the module."""
    with tempfile.TemporaryDirectory(dir=GO) as folder:
        environ = os.environ | {"GOBIN": folder}
        subprocess.run(["go", "install", MODULES[name]], check=True, env=environ)
        (made,) = Path(folder).iterdir()
        made.replace(GO / "bin" / name)


def main() -> None:
    if "--all" in sys.argv and ("--install" in sys.argv or must_run_all(os.environ)):
        install_all()
    lacking = missing(os.environ)
    if lacking and ("--install" in sys.argv or must_run_all(os.environ)):
        install(lacking)
        lacking = missing(os.environ)
        if lacking:
            sys.exit(report(lacking))
    print(report(lacking), flush=True)


if __name__ == "__main__":
    main()
