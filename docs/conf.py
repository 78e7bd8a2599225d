"""Sphinx with MyST and Furo: `make docs` builds the pages into `docs/_build/html`."""

project = "binance-creds"
author = "The binance-creds authors"
extensions = ["myst_parser", "sphinx_copybutton"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "binance-creds"
html_show_copyright = False
html_copy_source = False
html_static_path = ["_static"]
html_css_files = ["scrolling.css"]
html_js_files = ["scrolling.js"]
myst_heading_anchors = 4  # the anchors that GitHub gives to headings
# Of a console block, the commands are copied, without their prompt and without what is printed.
copybutton_prompt_text = "$ "
copybutton_only_copy_prompt_lines = True
copybutton_line_continuation_character = "\\"
# Addresses that stand for the reader's own; `make links` follows all others.
linkcheck_ignore = [r"https?://([^/]*\.)?example(\.com|\.org|/|$)", r"https?://(localhost|127\.)"]
linkcheck_retries = 3
