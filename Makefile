# Two commands on a machine that has Python 3.11 or newer, git and make: `make demo`, `make test`.

PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3.14 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin

.PHONY: demo test clean

demo: .venv/.demo
	@$(BIN)/python examples/demo.py

test: .venv/.dev
	$(BIN)/tox run

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/.demo: pyproject.toml | .venv/bin/python
	@echo "Setting up .venv (the first time takes a minute)"
	@$(BIN)/python -m pip install -q -e '.[httpx,keychain,python-binance,requests]'
	@touch $@

.venv/.dev: pyproject.toml | .venv/bin/python
	@$(BIN)/python -m pip install -q 'tox>=4.30'
	@touch $@

clean:
	rm -rf .venv .tox

.PHONY: schema
schema: .venv/.demo
	$(BIN)/python -c "import json; from binance_creds._config._profiles import configuration_schema; \
	print(json.dumps(configuration_schema(), indent=2))" > docs/reference/config.schema.json
