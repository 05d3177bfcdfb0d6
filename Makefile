# The learner passport. `make` lists what there is to do.
PYTHON ?= $(shell for p in python3.12 python3.11 python3; do command -v $$p >/dev/null && $$p -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
PY := $(VENV)/bin/python

.DEFAULT_GOAL := help
.PHONY: help run test bench shots lock messages clean

help: ## List the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: $(VENV)/run.stamp ## Start everything on this machine, with the demo city
	@$(PY) -m config.assets
	@exec $(PY) -m config.launch

test: $(VENV)/test.stamp ## Check everything that CI checks
	@$(PY) -m config.assets
	@$(PY) -m tests.everything

bench: $(VENV)/test.stamp ## Measure, and write var/bench.json
	@$(PY) -m config.assets
	@$(PY) -m tests.bench

shots: $(VENV)/test.stamp ## Take pictures of every page, in French and Arabic, into var/shots
	@$(PY) -m config.assets
	@$(PY) -m tests.shots

lock: ## Pin the dependencies anew, with hashes
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate --upgrade requirements/run.in -o requirements/run.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate --upgrade -c requirements/run.txt requirements/test.in -o requirements/test.txt

clean: ## Remove what was built here; var/ with its keys and data stays
	rm -rf $(VENV) node_modules config/static/built static-root .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

$(VENV)/%.stamp: requirements/%.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer, with venv, is needed. On Debian or Ubuntu: apt install python3 python3-venv"; exit 1; }
	@test -x $(PY) || $(PYTHON) -m venv $(VENV) || { echo "Python's venv is missing. On Debian or Ubuntu: apt install python3-venv"; rm -rf $(VENV); exit 1; }
	@echo "Installing pinned packages (once) ..."
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@
