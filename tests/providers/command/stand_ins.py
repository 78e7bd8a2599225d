"""Programs of the tests: each a script that behaves as its documentation says."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from binance_creds import SourceURI
from binance_creds._command import Command
from binance_creds.providers.command.external_program import CommandProvider

# 1Password CLI: op read and op inject need a session or a service account; without one and
# without a terminal they fail with exit code 1. https://developer.1password.com/docs/cli/reference
OP = """
[ -n "$OP_SERVICE_ACCOUNT_TOKEN" ] || { echo '[ERROR] You are not currently signed in. {canary}' >&2; exit 1; }
[ "$1" = inject ] && [ "$2" = --in-file ] || { echo '[ERROR] unknown command' >&2; exit 1; }
cat {data}
"""
# Bitwarden CLI: a prompt unless --nointeraction, where exit code 1 and a message.
# https://bitwarden.com/help/cli
BW = """
if [ -z "$BW_SESSION" ]; then
  case "$*" in *--nointeraction*) echo 'Vault is locked. {canary}' >&2; exit 1;; esac
  printf '? Master password: [input is hidden] '; while :; do sleep 60; done
fi
[ "$1 $2" = "get notes" ] && cat {data}
"""
# sops: exit code 128 where no key decrypts. https://getsops.io/docs, cmd/sops/codes/codes.go
SOPS = """
[ -n "$SOPS_AGE_KEY_FILE" ] || { echo 'Failed to get the data key. {canary}' >&2; exit 128; }
[ "$1" = decrypt ] && cat {data}
"""
# security(1): the low byte of the OSStatus; 44 is errSecItemNotFound.
SECURITY = """
[ "$1 $2 $3 $4" = "find-generic-password -s binance -w" ] || exit 44
cat {data}
"""


@dataclass
class Programs:
    """A folder of programs that is the whole of PATH beside the system's."""

    folder: Path
    canary: str

    @property
    def environ(self) -> dict[str, str]:
        return {"PATH": f"{self.folder}:/usr/bin:/bin", "HOME": str(self.folder)}

    def script(self, name: str, body: str, data: object = "", *, mode: int = 0o700) -> Path:
        """Write a program of sh; `{data}` in it is a file that holds the data."""
        path, held = self.folder / name, self.folder / f"{name}.data"
        held.write_text(data if isinstance(data, str) else json.dumps(data))
        text = body.replace("{data}", str(held)).replace("{canary}", self.canary)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(mode)
        return path

    def provider(self, *argv: str, source: str = "command:main", **more) -> CommandProvider:
        environ = self.environ | more.pop("environ", {})
        command = Command(tuple(map(str, argv)), **more)
        return CommandProvider(SourceURI.parse(source).with_settings(command), environ=environ)
