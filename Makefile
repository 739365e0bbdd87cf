# The two commands a newcomer needs: `make run` and `make test`. Everything they install stays in .venv/.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# The distribution's python first: everybody may read it, also the user that root hands the service to.
CANDIDATES := /usr/bin/python3 /usr/bin/python3.13 /usr/bin/python3.12 /usr/bin/python3.11 python3 python3.13 python3.12 python3.11
PYTHON ?= $(firstword $(foreach p,$(CANDIDATES),$(shell $(p) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(p))))
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
SITE_PORT ?= 8001
T ?=

.PHONY: help run test lint bench doctor lock clean compiled

help:
	@echo "make run     start Kanikko with a demo city: the classroom on http://127.0.0.1:$(PORT), the community site on :$(SITE_PORT) (PORT=… SITE_PORT=…)"
	@echo "make test    run every test        make test T=tests/roster   one folder"
	@echo "make lint    ruff, mypy and the import rules"
	@echo "make bench   measure speed side by side with stock JupyterHub and nbgrader"
	@echo "make doctor  say what this machine lacks"

run: $(VENV)/.run compiled
	@$(BIN)/kanikko run --demo --port $(PORT) --site-port $(SITE_PORT)

# The whole house first and alone (it is timed by a child's patience), then the rooms side by side, a file at a time.
# Three at once on two cores: half of the tests' time is waiting. In order of folders: the long ones come first, and no core idles at the end.
test: $(VENV)/.dev compiled system-for-tests
ifeq ($(T),)
	@$(BIN)/python -m pytest tests/e2e
	@$(BIN)/python -m pytest tests --ignore=tests/e2e -n 3 --dist loadfile --no-loadscope-reorder
else
	@$(BIN)/python -m pytest $(T)
endif

lint: $(VENV)/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(VENV)/.dev compiled
	@$(BIN)/python -m bench

doctor: $(VENV)/.run
	@$(BIN)/kanikko doctor

# ---------------------------------------------------------------- the environment
# Rooms see our code read-only, and the service's user may not write beside it: it is compiled here, also after it was changed or pulled.
compiled: | $(VENV)/bin/python
	@umask 022; $(BIN)/python -m compileall -q -j 0 kanikko hub grading lessons robots web || echo "Not all code could be compiled: rooms start more slowly." >&2

$(VENV)/bin/python:
	@if [ -z "$(PYTHON)" ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing python3-venv …"; apt-get update -qq; apt-get install -y -qq python3-venv >/dev/null; exec $(MAKE) $@; fi; \
	if [ -z "$(PYTHON)" ]; then \
	    echo "Python 3.11 or newer with venv is needed: sudo apt install python3-venv" >&2; exit 1; fi; \
	echo "Making $(VENV) with $(PYTHON) …"; umask 022; $(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(VENV)/bin/python requirements.lock pyproject.toml
	@if [ ! -e $(VENV)/.dev ] || [ requirements-dev.lock -nt $(VENV)/.dev ]; then echo "Installing packages (a few minutes the first time) …"; umask 022; \
	    $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock; \
	    $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .; fi
	@touch $@

$(VENV)/.dev: $(VENV)/bin/python requirements-dev.lock pyproject.toml
	@echo "Installing packages for the tests (a few minutes the first time) …"; umask 022; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

# Browser tests use the distribution's chromium. Root installs it; anybody else is told, and those tests are skipped with a reason.
.PHONY: system-for-tests
system-for-tests:
	@if command -v chromium >/dev/null && fc-list :lang=ja 2>/dev/null | grep -q . ; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing chromium, a Japanese font and bubblewrap for the tests …"; apt-get update -qq; \
	    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-cjk fontconfig bubblewrap >/dev/null; \
	else echo "Browser tests are skipped. To run them: sudo apt install chromium fonts-noto-cjk" >&2; fi

# Both locks anew, with hashes; needs uv (pip install uv).
lock:
	uv pip compile pyproject.toml --extra build --universal --python-version 3.11 --generate-hashes --no-emit-index-url --quiet -o requirements.lock
	uv pip compile pyproject.toml --extra build --extra dev --extra cluster -c requirements.lock --universal --python-version 3.11 --generate-hashes --no-emit-index-url --quiet -o requirements-dev.lock

clean:
	rm -rf $(VENV) tests/artefacts
