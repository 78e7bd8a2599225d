"""The pages of the runbooks, of the packaged texts: docs/howto/operate/runbook-*.md."""

from __future__ import annotations

from binance_creds.runbook import Runbook, runbook, runbook_names

FOOT = """
`binance-creds runbook {name} PROFILE` shows this page with what is known of the key filled in.
This page is generated from the packaged text by `make docs`.
"""


def pages() -> dict[str, str]:
    """Return the text of each page by the name of its file."""
    return {f"runbook-{name}.md": _page(runbook(name)) for name in runbook_names()}


def _page(found: Runbook) -> str:
    lines = [f"# {found.title}", "", *_sentences(found.summary)]
    number = 0
    for part in found.parts:
        lines += ["", f"## {part.title}", ""]
        for step in part.steps:
            number += 1
            lines.append(f"{number}. {step.do}")
            if step.command:
                lines += ["", "   ```sh", f"   {step.command}", "   ```"]
    return "\n".join(lines) + "\n" + FOOT.format(name=found.name)


def _sentences(text: str) -> list[str]:
    """Return a line for each sentence, as the other pages have them."""
    return [f"{each.rstrip('.')}." for each in text.split(". ")]
