# The learner passport. `make` lists what there is to do.
VENV := .venv
PY := $(VENV)/bin/python
# A Python that fits, with all that makes a virtual environment (Debian ships that part by itself).
PYTHON ?= $(shell for p in python3.12 python3.11 python3 python3.13 python3.14; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && command -v $$p && break; done)

.DEFAULT_GOAL := help
.PHONY: help run test bench faults shots lock clean

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

faults: $(VENV)/test.stamp ## Kill it while it issues certificates, and write var/faults.json (SEEDS=10)
	@$(PY) -m config.assets
	@$(PY) -m tests.faults

shots: $(VENV)/test.stamp ## Take a picture of every page, into var/shots/
	@$(PY) -m config.assets
	@$(PY) -m tests.shots

LOCK := uv pip compile --universal --python-version 3.11 --generate-hashes --upgrade \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate
lock: ## Pin the dependencies anew, with hashes
	$(LOCK) requirements/run.in -o requirements/run.txt
	$(LOCK) -c requirements/run.txt requirements/test.in -o requirements/test.txt

clean: ## Remove what was built here; var/ with its keys and data stays
	rm -rf $(VENV) node_modules tests/interop/node_modules config/static/built static-root .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

$(PY):
	@test -n "$(PYTHON)" || { echo "Python 3.11 or 3.12 with venv is needed. On Debian or Ubuntu: apt install python3 python3-venv"; exit 1; }
	@rm -rf $(VENV) && $(PYTHON) -m venv $(VENV)

$(VENV)/%.stamp: requirements/%.txt $(PY)
	@echo "Installing pinned packages (once) …"
	@$(PY) -c "import pip" 2>/dev/null || $(PY) -m ensurepip >/dev/null
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r $< \
		|| { echo "The packages could not be installed. Is the network there? Try again."; exit 1; }
	@touch $@
