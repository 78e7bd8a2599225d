# On a machine that has Python 3.11 or newer, git and make, every target does its own set-up.

PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3.14 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
# uv installs where there is one, otherwise pip. Neither compiles all, which takes pip half of its
# time: Python compiles what is imported.
UV := $(shell uv --version >/dev/null 2>&1 && echo uv)
VENV := $(if $(UV),-m venv --without-pip .venv,-m venv .venv)
INSTALL_WITH := $(if $(UV),uv pip install -q --python $(BIN)/python,$(BIN)/python -m pip install -q --no-compile)

.PHONY: help demo check test test-all servers mutants bench docs links schema release-check clean

help: ## this list
	@echo "targets:"
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' Makefile | while IFS='|' read -r name what; do \
		printf '  make %-14s %s\n' "$$name" "$$what"; done

demo: .venv/.demo ## trade on a local exchange with a real client
	@$(BIN)/python examples/demo.py

check: .venv/.dev ## lint, types and the fast tests; T=tests/values/test_secret.py for one file
	@T='$(T)' $(BIN)/python .ci/steps.py check

test: programs .venv/.dev ## every check on this Python; INSTALL=1 installs missing servers first
	@$(BIN)/python .ci/steps.py test

test-all: PROGRAMS = --all
test-all: programs .venv/.dev ## test, then other Pythons, versions and clients, and PyInstaller
	@$(BIN)/python .ci/steps.py test-all

servers: | found ## install the programs that the tests with real servers need
	@$(PYTHON) .ci/servers.py --install --all

mutants: .venv/.mutants ## mutation testing of the parts that decide; takes up to an hour
	$(BIN)/mutmut run

docs: .venv/.dev ## write the generated pages, and build all into docs/_build/html
	$(BIN)/python docs/generate.py
	$(BIN)/sphinx-build -q -W --keep-going docs docs/_build/html

links: .venv/.dev ## follow the links of the pages to other sites
	$(BIN)/sphinx-build -q -b linkcheck docs docs/_build/links

bench: .venv/.dev ## measure beside other libraries, and write docs/reference/benchmarks.md
	@$(BIN)/python -m benchmarks $(G)

schema: .venv/.demo ## write docs/reference/config.schema.json anew
	$(BIN)/python -c "import json; from binance_creds._config._profiles import configuration_schema; \
	print(json.dumps(configuration_schema(), indent=2))" > docs/reference/config.schema.json

release-check: .venv/.release ## build, and check all that is released; dist/ has the result
	@PYTHONPATH=.ci $(BIN)/python -m release

clean: ## remove what was installed and built here
	rm -rf .venv .tox .azurite .go build dist docs/_build .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis

.PHONY: found programs
found:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is not installed."; exit 1; }

programs: | found
	@$(PYTHON) .ci/servers.py $(PROGRAMS)

$(BIN)/python: | found
	@echo "Setting up .venv with $(or $(UV),pip); the first time takes a minute or two."
	@$(PYTHON) $(VENV)
	@$(if $(UV),:,$(INSTALL_WITH) 'pip>=25.1')

.venv/.demo: pyproject.toml | $(BIN)/python
	@$(INSTALL_WITH) -e '.[httpx,keychain,python-binance,requests]'
	@touch $@

.venv/.dev: pyproject.toml tests/plugin_package/pyproject.toml | $(BIN)/python
	@$(INSTALL_WITH) --group dev $(if $(UV),tox-uv-bare) -e . ./tests/plugin_package
	@touch $@

.venv/.mutants: .venv/.dev
	@$(INSTALL_WITH) --group mutants
	@touch $@

.venv/.release: .venv/.dev
	@$(INSTALL_WITH) --group release
	@touch $@
