"""Write the pages and the picture that are generated from the source: `python docs/generate.py`."""

from __future__ import annotations

from pathlib import Path

import _api_page
import _clients_page
import _errors_page
import _policies_page
import _rooms_picture
import _runbook_pages

DOCS = Path(__file__).resolve().parent


def pages() -> dict[Path, str]:
    """Return the text of each generated page."""
    runbooks = {
        DOCS / "howto" / "operate" / name: text for name, text in _runbook_pages.pages().items()
    }
    return runbooks | {
        DOCS / "reference" / "api.md": _api_page.page(),
        DOCS / "reference" / "clients.md": _clients_page.page(),
        DOCS / "reference" / "policies.md": _policies_page.page(),
        DOCS / "explanation" / "rooms.svg": _rooms_picture.picture(),
        DOCS / "reference" / "errors.md": _errors_page.page(),
    }


def main() -> None:
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
