"""Find keys where they must not be: in files, in what is staged, in the history of a repository.

    from binance_creds import scan

    for finding in scan.paths(["."]).findings:
        print(finding.path, finding.line, finding.rule)

A finding says where something is, and never what. Nothing that is found leaves the machine.
"""

from binance_creds.scan._baseline import read_baseline, write_baseline
from binance_creds.scan._findings import Finding, LeftOut, Report
from binance_creds.scan._own._digests import OwnKeys
from binance_creds.scan._own._facts import KeyFacts
from binance_creds.scan._own._remembered import remember, remembered
from binance_creds.scan._sarif import sarif
from binance_creds.scan._scan import history, paths, staged, stream

__all__ = [
    "Finding",
    "KeyFacts",
    "LeftOut",
    "OwnKeys",
    "Report",
    "history",
    "paths",
    "read_baseline",
    "remember",
    "remembered",
    "sarif",
    "staged",
    "stream",
    "write_baseline",
]
