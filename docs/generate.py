"""Write the pages and the picture that are generated from the source: `python docs/generate.py`."""

from __future__ import annotations

from pathlib import Path

from _pages import api, clients, commands, errors, policies, rooms, runbooks

DOCS = Path(__file__).resolve().parent


def pages() -> dict[Path, str]:
    """Return the text of each generated page."""
    reference = DOCS / "reference"
    operate = DOCS / "howto" / "operate"
    return {operate / name: text for name, text in runbooks.pages().items()} | {
        reference / "api.md": api.page(),
        reference / "clients.md": clients.page(),
        reference / "commands.md": commands.page(),
        reference / "policies.md": policies.page(),
        reference / "errors.md": errors.page(),
        DOCS / "explanation" / "rooms.svg": rooms.picture(),
    }


def main() -> None:
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
