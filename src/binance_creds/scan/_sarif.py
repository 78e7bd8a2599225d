"""A report as SARIF, which code hosts show beside the line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from binance_creds._version import __version__

if TYPE_CHECKING:
    from binance_creds.scan._findings import Finding, Report

__all__ = ["sarif"]

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_RULES: Final = {
    "binance-key": "64 letters and digits that look like an API key or secret of Binance",
    "binance-key-base64": "Base64 of what looks like an API key or secret of Binance",
    "binance-private-key": "A private key near the name of Binance",
    "binance-testnet-key": "64 hexadecimal digits beside the name of Binance, as testnets use",
    "own-api-key": "An API key of a profile",
    "own-api-secret": "An API secret of a profile",
    "own-private-key": "A private key of a profile",
}


def sarif(report: Report) -> dict[str, Any]:
    """Return a report as a document of SARIF 2.1.0; like all reports it has no value.

    Source: OASIS, SARIF 2.1.0, sections 3.13 to 3.30.
    """
    rules = [{"id": name, "shortDescription": {"text": text}} for name, text in _RULES.items()]
    driver = {"name": "binance-creds", "version": __version__, "rules": rules}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding) for finding in report.findings],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(finding: Finding) -> dict[str, Any]:
    whose = f" ({finding.profile})" if finding.profile else ""
    uri = quote(finding.path.encode(errors="surrogateescape"))
    region = {"startLine": finding.line, "startColumn": finding.column}
    return {
        "ruleId": finding.rule,
        "level": "error" if finding.confidence == "high" else "warning",
        "message": {"text": f"{_RULES[finding.rule]}{whose}."},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}],
        "partialFingerprints": {"binanceCreds/v1": finding.id},
    }
