"""Run by PyInstaller for a program that imports this library.

Providers, signers, push sources and adapters are imported by name when they are used, so
PyInstaller, which reads import statements, finds none of them. What an installed package provides
as a scheme is found by its entry point, which needs its metadata.
"""

from __future__ import annotations

from importlib.metadata import entry_points

from PyInstaller.utils.hooks import collect_data_files, collect_submodules, copy_metadata

PLUGIN = "binance_creds.testing._pytest_plugin"  # would bring pytest into the program
hiddenimports = collect_submodules(
    "binance_creds",
    filter=lambda name: name != PLUGIN,
    on_error="ignore",  # of an SDK that is absent
)
datas = collect_data_files("binance_creds", includes=["**/*.toml"])  # the policies
for group in ("binance_creds.providers", "binance_creds.signers"):
    for point in entry_points(group=group):
        hiddenimports.append(point.module)
        if point.dist is not None:
            datas += copy_metadata(point.dist.name)
