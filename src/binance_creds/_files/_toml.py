"""Read and parse a TOML file; what is wrong is told without its text, which may hold a key."""

from __future__ import annotations

from binance_creds._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Final

__all__ = ["LARGEST_BYTES", "parsed", "read_bytes"]

LARGEST_BYTES: Final = 1 << 20


def read_bytes(path: str) -> bytes | str | None:
    """Return a file's content, why it cannot be read, or `None` where there is none.

    Content of more than `LARGEST_BYTES` is cut off behind them.
    """
    try:
        with open(path, "rb") as file:
            return file.read(LARGEST_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:  # a directory, no permission; NUL in the path
        return f"cannot be read: {getattr(error, 'strerror', None) or type(error).__name__}"


def parsed(data: bytes) -> dict[str, object] | str:
    """Return the content, or what is wrong; an error raised here would carry the text."""
    import re  # noqa: PLC0415
    import tomllib  # noqa: PLC0415  # 3 ms that a load without a file does not need

    if len(data) > LARGEST_BYTES:
        return "is larger than 1 MiB"
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return "is not UTF-8"
    # Besides TOMLDecodeError: an integer of over 4,300 digits, and tables nested without end.
    except (ValueError, RecursionError) as error:
        place = re.search(r"\(at (line \d+, column \d+|end of document)\)", str(error))
        return f"is not TOML ({place[1]})" if place else "is not TOML"
