"""Who may own and write a file that holds a secret, and every folder on the way to it.

As sshd's StrictModes: whoever can write a file, or exchange it in one of the folders above,
chooses the key. A folder with the sticky bit, such as /tmp, lets only the owner of an entry
exchange it, so that there the entry must be ours. A folder of root counts as our own.
"""

from __future__ import annotations

import os
import stat

from binance_creds._typing import TYPE_CHECKING, NamedTuple
from binance_creds._warnings import warn, warn_once
from binance_creds.errors import AccessDeniedError, ConfigurationError

if TYPE_CHECKING:
    from typing import Final

    from binance_creds._uri import SourceURI

__all__ = ["STRICT", "FileRules", "Inspection"]


_BY_OTHERS: Final = stat.S_IWGRP | stat.S_IWOTH


class FileRules(NamedTuple):
    """What is allowed beyond the defaults.

    Attributes:
        is_relaxed: warn of unsafe permissions instead of refusing.
        takes_pipe: read a FIFO or a `/dev/fd` of the shell.
        is_secret: whether no other user should read it.
        otherwise: what else than mending it a refusal proposes.
    """

    is_relaxed: bool = False
    takes_pipe: bool = False
    is_secret: bool = True
    otherwise: str = "in a container of your own, add permissions=relaxed"

    @classmethod
    def of(cls, uri: SourceURI) -> FileRules:
        """Return the rules that the options `permissions` and `pipe` ask for."""
        is_relaxed = uri.choice("permissions", "strict", "relaxed") == "relaxed"
        return cls(is_relaxed=is_relaxed, takes_pipe=uri.flag("pipe"))


STRICT: Final = FileRules()
"""Those of a file that holds a secret, without options."""


class Inspection:
    """Apply the rules to what is met on the way to a file.

    Every status is one of `fstat` where the platform can open folders.

    Attributes:
        has_owners: whether the platform has owners and modes; Windows has others.
    """

    def __init__(self, rules: FileRules) -> None:
        self._rules = rules
        self._user = os.geteuid() if hasattr(os, "geteuid") else None
        self.has_owners = self._user is not None
        self._ours = (self._user, 0)
        self._named: set[int] = set()  # owners that root has been warned of

    def begin(self, path: str) -> None:
        """Say once for each path that nothing can be checked, where that is so."""
        if not self.has_owners and self._rules.is_secret and not self._rules.is_relaxed:
            warn_once(
                f"owners and permissions are not checked on this platform: let only the user of "
                f"this program write {path}, and say so by the option permissions=relaxed."
            )

    def folder(self, status: os.stat_result, path: str, *, is_in_shared: bool = False) -> bool:
        """Refuse a folder in which another user could exchange what is in it.

        Args:
            status: of the folder.
            path: of the folder.
            is_in_shared: whether the folder above is one where anybody can make an entry.

        Returns:
            Whether anybody can make an entry in this one.
        """
        if status.st_uid in self._ours and not status.st_mode & _BY_OTHERS:
            return False
        if not self._is_ours(status):
            hint = "Move the file to a folder of your own."
            self._object_to_owner(status, path, hint, is_in_shared=is_in_shared)
        writers = self._writers(status)
        if writers and not status.st_mode & stat.S_ISVTX:
            message = f"{writers} can exchange the files in the folder {path}."
            self._object(message, f"Run: chmod {_to_take(status)} {_quoted(path)}")
        return bool(writers)

    def link(self, status: os.stat_result, path: str, *, is_in_shared: bool) -> None:
        """Refuse a link that anybody could have made."""
        if is_in_shared and not self._is_ours(status):
            self._object_to_owner(status, path, f"Run: rm {_quoted(path)}", is_in_shared=True)

    def kind(self, status: os.stat_result, path: str) -> None:
        """Refuse what is neither a regular file nor a pipe that was asked for."""
        if stat.S_ISREG(status.st_mode):
            return
        if not (stat.S_ISFIFO(status.st_mode) and self._rules.takes_pipe):
            msg = f"{path} is not a regular file."
            hint = "Name a file; for a pipe of the shell add the option pipe=true."
            if self._rules.is_secret and stat.S_ISDIR(status.st_mode):
                msg, hint = f"{path} is a folder.", "Name a file in it."
            hint = hint if self._rules.is_secret else "Remove it, or put a file there."
            raise ConfigurationError(msg, hint=hint)

    def file(self, status: os.stat_result, path: str, *, is_in_shared: bool) -> None:
        """Refuse a file that others could have written; warn of one that others can read."""
        if not self.has_owners:
            return
        if status.st_uid in self._ours and not status.st_mode & (_BY_OTHERS | stat.S_IROTH):
            return
        writers = self._writers(status)
        if writers:
            mode = "600" if self._rules.is_secret else _to_take(status)
            self._object(f"{writers} can write {path}.", f"Run: chmod {mode} {_quoted(path)}")
        elif status.st_mode & stat.S_IROTH and self._rules.is_secret:
            warn(f"every user of this machine can read {path}. Run: chmod 600 {_quoted(path)}")
        if not self._is_ours(status):
            hint = f"Run: chown {self._user} {_quoted(path)}"
            self._object_to_owner(status, path, hint, is_in_shared=is_in_shared)

    def _writers(self, status: os.stat_result) -> str:
        """Return which others may write, as the beginning of a sentence; empty if none."""
        if status.st_mode & stat.S_IWOTH:
            return "every user of this machine"
        if status.st_mode & stat.S_IWGRP:
            users = {status.st_uid, self._user or 0}
            if not any(_is_private_group(status.st_gid, user) for user in users):
                return f"the group {status.st_gid}"
        return ""

    def _is_ours(self, status: os.stat_result) -> bool:
        return status.st_uid in self._ours

    def _object_to_owner(
        self, status: os.stat_result, path: str, hint: str, *, is_in_shared: bool
    ) -> None:
        owner = status.st_uid
        message = f"{path} belongs to another user."
        if self._user != 0 or is_in_shared:
            self._object(message, hint)
        elif owner not in self._named:  # root reads what users own, such as bind mounts
            self._named.add(owner)
            warn(f"{message} {hint}")

    def _object(self, message: str, hint: str) -> None:
        if self._rules.is_relaxed:
            warn(f"{message} {hint}")
            return
        raise AccessDeniedError(message, hint=f"{hint} (or, {self._rules.otherwise}).")


def _is_private_group(group: int, user: int) -> bool:
    """Return whether a group is a user's primary one, bears the user's name and has no one else.

    That is what `useradd` makes on most Linux systems, where a umask of 002 lets the group write
    everything. The name matters: `staff` of macOS and `users` are the primary group of everybody
    and list no member. Other users with the same primary group are not searched: directory
    services do not list them, and an administrator who gives a user's own group to others says so.

    Where there is no such user or group, as in a container that runs as any number, the numbers
    must be the same.
    """
    try:
        import grp  # noqa: PLC0415  # not on Windows, and few folders are group-writable
        import pwd  # noqa: PLC0415
    except ImportError:
        return False
    try:
        owner, members = pwd.getpwuid(user), grp.getgrgid(group)
    except KeyError:
        return group == user
    return (
        owner.pw_gid == group
        and owner.pw_name == members.gr_name
        and set(members.gr_mem) <= {owner.pw_name}
    )


def _to_take(status: os.stat_result) -> str:
    """Return what takes the permission to write from others, as chmod has it."""
    return "go-w" if status.st_mode & stat.S_IWOTH else "g-w"


def _quoted(path: str) -> str:
    import shlex  # noqa: PLC0415  # only where there is something to object to

    return shlex.quote(path)
