"""The lock of an open file or folder, which the end of its process frees."""

from __future__ import annotations

__all__ = ["lock", "try_to_lock", "unlock"]


def lock(descriptor: int) -> None:
    """Wait for the lock, where the platform has one."""
    try:
        import fcntl  # noqa: PLC0415  # not on Windows
    except ImportError:
        return
    fcntl.flock(descriptor, fcntl.LOCK_EX)


def try_to_lock(descriptor: int) -> bool:
    """Return whether nobody else has the lock; also where nobody can have one."""
    try:
        import fcntl  # noqa: PLC0415  # as above
    except ImportError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system that cannot lock folders, such as some of NFS
        return True
    return True


def unlock(descriptor: int) -> None:
    """Let go of the lock."""
    try:
        import fcntl  # noqa: PLC0415  # as above
    except ImportError:
        return
    fcntl.flock(descriptor, fcntl.LOCK_UN)
