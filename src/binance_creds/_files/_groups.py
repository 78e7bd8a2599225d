"""Private groups: those that have one user only."""

from __future__ import annotations

__all__ = ["is_private_group"]


def is_private_group(group: int, user: int) -> bool:
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
