"""Sphinx with MyST, and nothing else: `make docs` builds the pages into `docs/_build/html`."""

project = "binance-creds"
author = "The binance-creds authors"
extensions = ["myst_parser"]
exclude_patterns = ["_build"]
html_title = "binance-creds"
html_copy_source = False
myst_heading_anchors = 4  # the anchors that GitHub gives to headings
