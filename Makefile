# bailee: two commands on a fresh machine: `make demo`, `make test`. `make help` lists the rest.
# Everything is installed below .venv, once for each state of the lock files, from packages pinned by hash.

VENV     := .venv
BIN      := $(VENV)/bin
MADE     := $(VENV)/.made
RUN      := $(VENV)/.run-$(shell sha256sum requirements.lock | cut -c1-12)
DEV      := $(VENV)/.dev-$(shell sha256sum requirements-dev.lock | cut -c1-12)
DATA     ?= bailee-data
PYTEST   ?=
# The first Python that is new enough and can make a venv; PYTHON=... chooses another.
ENOUGH   := -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
PYTHON   ?= $(shell for p in python3.11 python3 python3.12 python3.13 python3.14; do $$p $(ENOUGH) && echo $$p && break; done)
COMPILE  := $(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-header

# A Python is never fetched behind the operator's back.
export UV_PYTHON_DOWNLOADS := never
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo up setup test check again bench faults mutants lock verifier clean

help:  ## list the targets
	@[ -t 1 ] && bold=$$(printf '\033[1m') plain=$$(printf '\033[0m'); \
	awk -v b="$$bold" -v p="$$plain" -F ':.*## ' '/^[a-z]+:.*## / {printf "  %smake %-9s%s %s\n", b, $$1, p, $$2}' $(MAKEFILE_LIST)

demo: $(RUN)  ## the main job on made-up people, in a fresh directory, under a minute
	@$(BIN)/bailee demo

up: $(RUN)  ## start everything in DATA (default: bailee-data)
	@$(BIN)/bailee up --data $(DATA)

setup: $(DEV)  ## install everything into .venv (the other targets do it when they need it)

test: $(DEV)  ## every test (PYTEST="tests/unit -k ruling": some of them)
	$(BIN)/python -m pytest -n 3 -rs -p tests.no_skip $(PYTEST)

check: $(DEV)  ## all that CI runs: form, floors, types, dependencies, tests with coverage, short bench
	$(BIN)/ruff format --check src tests bench
	$(BIN)/ruff check src tests bench
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/deptry src
	$(MAKE) --no-print-directory test PYTEST="--cov --cov-report=term-missing:skip-covered" || $(MAKE) --no-print-directory again
	$(BIN)/python -m tests.coverage_gates
	$(BIN)/python -m bench --short

# Three tests at a time share two cores and one browser: what failed beside others is named above and must pass alone.
again: $(DEV)
	$(BIN)/python -m pytest -n 0 -rs -p tests.no_skip --last-failed --last-failed-no-failures none --cov --cov-append

faults: $(DEV)  ## break it on purpose: kills at every step, cut wires, full disk, clock leaps (LONG=1: hours)
	$(BIN)/python -m pytest -n 2 -rs tests/fault tests/security tests/conformance/test_adversary.py $(PYTEST)

mutants: $(DEV)  ## change ruling, sealing and proof and see that a test notices (LONG=1: every mutant)
	$(BIN)/python -m tests.mutants

bench: $(DEV)  ## measure against peers, side by side (LONG=1: the whole matrix)
	$(BIN)/python -m bench

verifier: $(DEV)  ## build bailee-verify, the small verifier for auditors, into dist/
	cd packaging/bailee-verify && ../../$(BIN)/python -m hatchling build -t wheel -d ../../dist

lock: $(DEV)  ## make the lock files anew
	echo uv | $(COMPILE) --no-annotate - -o requirements-setup.lock
	$(COMPILE) pyproject.toml -o requirements.lock
	$(COMPILE) pyproject.toml --group dev -o requirements-dev.lock

clean:  ## remove what was built and installed
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .import_linter_cache

$(MADE):
	@[ -n "$(PYTHON)" ] || { echo "bailee needs Python 3.11 or newer with venv (Debian: apt install python3 python3-venv)"; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install -q --require-hashes -r requirements-setup.lock || echo "uv cannot be had here: pip installs, more slowly"
	@touch $@

# uv reads no pip.conf: where it does not reach the packages, pip may.
define install
	@{ [ -x $(BIN)/uv ] && $(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r $(1); } \
		|| $(BIN)/pip install -q --require-hashes -r $(1)
	@$(BIN)/python -c "import pathlib, sysconfig; pathlib.Path(sysconfig.get_path('purelib'), 'bailee-src.pth').write_text(str(pathlib.Path('src').resolve()) + '\n')"
	@printf '#!/bin/sh\nexec "%s" -m bailee "$$@"\n' "$(abspath $(BIN)/python)" > $(BIN)/bailee && chmod +x $(BIN)/bailee
	@touch $@
endef

$(RUN): requirements.lock | $(MADE)
	@echo "setting up (once)"
	$(call install,requirements.lock)

$(DEV): requirements-dev.lock | $(MADE)
	@echo "setting up for development (once)"
	$(call install,requirements-dev.lock)
