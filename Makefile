# Two commands are enough: `make run` and `make test`. Both install what they need below .venv first.

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
  "$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input install --quiet
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run test check fmt bench browser clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/.runtime ## install, then start the whole product on a simulated province (ARGS=--no-demo: on yours)
	@$(BIN)/python -m ioc up $(ARGS)

test: $(VENV)/.dev browser check ## install, then run every check and every test (ARGS='tests/rules -x': some of them)
	@$(BIN)/python -m pytest $(ARGS)

check: $(VENV)/.dev ## lint, format, types, and the layer test
	@$(BIN)/python -m ruff check .
	@$(BIN)/python -m ruff format --check .
	@$(BIN)/python -m mypy
	@$(BIN)/python -m pytest -p no:cacheprovider tests/test_layers.py

fmt: $(VENV)/.dev ## format the code and mend what can be mended
	@$(BIN)/python -m ruff format .
	@$(BIN)/python -m ruff check --fix .

bench: $(VENV)/.dev ## measure the speed of the store, the queries and the screens
	@$(BIN)/python -m bench $(ARGS)

clean: ## remove what was installed and the demo's data
	rm -rf $(VENV) .tools var .mypy_cache .pytest_cache .ruff_cache .hypothesis

browser: $(VENV)/.dev # the Chromium of the end-to-end tests; its path is kept in .tools/chromium
	@$(BIN)/python tests/bootstrap_browser.py

# pip is made last, so where it is the environment is whole
$(BIN)/pip:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, and there is none on PATH." >&2; exit 1; }
	@"$(PYTHON)" -m venv --clear $(VENV) || { echo "No environment could be made with $(PYTHON);" \
	  "on Debian and Ubuntu install python3-venv." >&2; rm -rf $(VENV); exit 1; }

$(VENV)/.runtime: requirements.txt | $(BIN)/pip
	@echo "Installing what the product needs ..."
	@$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt requirements.txt | $(BIN)/pip
	@echo "Installing what the tests need ..."
	@$(PIP) -r requirements-dev.txt
	@touch $(VENV)/.runtime $@
