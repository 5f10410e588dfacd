# bailee: two commands on a fresh machine: `make demo`, `make test`. `make help` lists the rest.

PYTHON  ?= $(shell command -v python3.11 || command -v python3)
VENV    := .venv
BIN     := $(VENV)/bin
RUN     := $(VENV)/.run-$(shell sha256sum requirements.lock 2>/dev/null | cut -c1-12)
DEV     := $(VENV)/.dev-$(shell sha256sum requirements-dev.lock 2>/dev/null | cut -c1-12)
DATA    ?= bailee-data
export UV_PYTHON_DOWNLOADS := never
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help demo up test check bench lock verifier clean

help:  ## list the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  \033[1mmake %-9s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(RUN)  ## the main job on made-up people, in a fresh directory, under a minute
	@$(BIN)/bailee demo

up: $(RUN)  ## start everything in DATA (default: bailee-data)
	@$(BIN)/bailee up --data $(DATA)

test: $(DEV)  ## every test
	$(BIN)/python -m pytest -n 2 -rs $(PYTEST)

check: $(DEV)  ## all that CI runs: form, floors, types, dependencies, tests with coverage, short bench
	$(BIN)/ruff format --check src tests bench
	$(BIN)/ruff check src tests bench
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/deptry src
	$(MAKE) --no-print-directory test PYTEST="--cov --cov-report=term-missing:skip-covered"
	$(BIN)/python -m tests.coverage_gates
	$(BIN)/python -m bench --short

bench: $(DEV)  ## measure against peers, side by side (LONG=1: the whole matrix)
	$(BIN)/python -m bench

verifier: $(DEV)  ## build bailee-verify, the small verifier for auditors, into dist/
	cd packaging/bailee-verify && ../../$(BIN)/python -m hatchling build -t wheel -d ../../dist

lock: $(DEV)  ## make the lock files anew
	$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-header pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-header pyproject.toml --group dev -o requirements-dev.lock

clean:  ## remove what was built
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	-@$(BIN)/pip install -q uv

define install
	@if [ -x $(BIN)/uv ]; then $(BIN)/uv pip install -q --python $(BIN)/python --require-hashes $(1); \
	else $(BIN)/pip install -q --require-hashes $(1); fi
	@$(BIN)/python -c "import pathlib, sysconfig; pathlib.Path(sysconfig.get_path('purelib'), 'bailee-src.pth').write_text(str(pathlib.Path('src').resolve()) + '\n')"
	@printf '#!/bin/sh\nexec "%s" -m bailee "$$@"\n' "$(abspath $(BIN)/python)" > $(BIN)/bailee && chmod +x $(BIN)/bailee
	@touch $@
endef

$(RUN): requirements.lock | $(BIN)/python
	@echo "setting up (once)"
	$(call install,-r requirements.lock)

$(DEV): requirements-dev.lock | $(BIN)/python
	@echo "setting up for development (once)"
	$(call install,-r requirements-dev.lock)
