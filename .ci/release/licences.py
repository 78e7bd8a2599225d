"""The licences of what this package may install, all extras included."""

from __future__ import annotations

import re
from collections import Counter
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Final

from packaging.requirements import Requirement

# Each may be used by closed and open programs alike; MPL-2.0 and LGPL bind the library itself only.
ALLOWED: Final = re.compile(
    r"\b(0BSD|Apache|BSD|CC0|HPND|ISC|LGPL|MIT|MPL|Mozilla|PSF|Python Software Foundation|"
    r"Unlicense|ZPL|Zope|Public Domain)\b",
    re.IGNORECASE,
)
# Their metadata has no licence; read in their repositories.
KNOWN: Final[dict[str, str]] = {}


def judge(name: str) -> str:
    """Find that every dependency that is installed here has a licence that all users can accept."""
    found = {it.name: KNOWN.get(it.name) or licence_of(it) for it in needed_by(name)}
    refused = {package: it for package, it in found.items() if not ALLOWED.search(it)}
    assert not refused, f"look at {refused}"
    counted = Counter(found.values()).most_common()
    return f"{len(found)} packages: " + "; ".join(f"{count} {it}" for it, count in counted)


def needed_by(name: str) -> list[Distribution]:
    """Return what a package and all its extras need, as far as it is installed."""
    seen: dict[str, Distribution] = {}
    queue = [Requirement(f"{name}[all]")]
    while queue:
        wanted = queue.pop()
        try:
            dist = distribution(wanted.name)
        except PackageNotFoundError:
            continue
        key = f"{dist.name} {sorted(wanted.extras)}"
        if key not in seen:
            seen[key] = dist
            queue += [it for it in requirements_of(dist) if is_needed(it, wanted.extras)]
    unique = {dist.name: dist for dist in seen.values() if dist.name != name}
    return [unique[it] for it in sorted(unique)]


def requirements_of(dist: Distribution) -> list[Requirement]:
    return [Requirement(it) for it in dist.requires or ()]


def is_needed(wanted: Requirement, extras: set[str]) -> bool:
    return wanted.marker is None or any(
        wanted.marker.evaluate({"extra": extra}) for extra in extras or {""}
    )


def licence_of(dist: Distribution) -> str:
    """Return the licence in the metadata, in the form that says most in least."""
    metadata = dist.metadata
    classified = [
        it.rpartition(" :: ")[2]
        for it in metadata.get_all("Classifier") or ()
        if it.startswith("License ::") and not it.endswith("OSI Approved")
    ]
    written = (metadata.get("License") or "").strip().splitlines()
    return (
        metadata.get("License-Expression") or ", ".join(classified) or (written or ["unknown"])[0]
    )
