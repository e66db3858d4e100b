# Stateward from a bare machine: python3 (3.11 or newer, with venv) and make. `make demo` is the quickest look,
# `make help` tells the rest.

PYTHON ?= python3
BIN := .venv/bin
UV_VERSION := 0.13.8
# Whatever the environment says, bytecode is kept: the tests start the service a hundred times.
PYTEST := env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

.PHONY: help setup demo wheel test fuzz attack openapi words bench bench-quick lint lock sbom audit clean FORCE
.DELETE_ON_ERROR:

setup: .venv/setup

demo: setup
	$(BIN)/stateward demo

# build/stateward-VERSION-py3-none-any.whl, without what an earlier build left behind.
wheel: setup
	@rm -rf build/lib build/bdist.*
	@$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-index --no-deps --no-build-isolation --wheel-dir build .
	@ls build/stateward-*.whl

test: lint
	@browser=$$($(BIN)/python .ci/browser.py) && echo "tests use $$browser" && \
		CHROMIUM="$$browser" $(PYTEST)

# The long form of the tests that are by chance or by brute force, and short in `make test`: some ten minutes.
fuzz: .venv/dev
	LONG=1 $(PYTEST) $$(grep -rlE --include="test_*.py" "^from tests.lengths import|mostly_sqlite|MOSTLY_SQLITE" tests)

# Accept a changed API; one that breaks callers needs another VERSION in app/http/openapi/docs.py.
openapi: .venv/dev
	$(BIN)/python .ci/openapi.py

# The long form of the attacks that `make test` makes briefly, some 45 minutes; exit code 1 where one finds something.
attack: .venv/dev
	$(BIN)/python -m tests.attack

# Bring the files of app/ui/words up to what the pages say; exit code 1 where a language lacks something.
words: .venv/dev
	$(BIN)/python .ci/words.py

# Exit code 1 where a target is missed. The figures mean something on a machine that does nothing else.
bench: .venv/dev
	@.ci/wrk
	$(BIN)/python -m bench

bench-quick: .venv/dev
	@.ci/wrk
	$(BIN)/python -m bench --quick

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --config-file pyproject.toml
	$(BIN)/lint-imports

lock: .cache/uv/bin/uv
	.ci/lock $<

# What the service is made of, as CycloneDX JSON.
sbom: .venv/dev
	@$(BIN)/python .ci/sbom.py build/sbom.json && echo "build/sbom.json names what Stateward is made of."

# Exit code 1 of the script where an advisory is known, 2 where the package index does not say.
audit: .venv/dev
	$(BIN)/python .ci/audit.py

help:
	@echo "make setup        .venv, with the stateward command in it"
	@echo "make demo         sample people and cases on SQLite, served on http://127.0.0.1:8000"
	@echo "make test         linters, types and the whole suite"
	@echo "make lint         linters and types alone"
	@echo "make fuzz         what is by chance or by brute force, at length: the contract of the API, clocks, charts, decisions"
	@echo "make attack       the attacks on a running service, some 45 minutes"
	@echo "make bench        how fast it is, against what the database does alone (make bench-quick: the events only)"
	@echo "make openapi      docs/openapi.json, once the API has changed"
	@echo "make wheel        build/stateward-VERSION-py3-none-any.whl"
	@echo "make lock         the versions and hashes of all packages, anew"
	@echo "make sbom         what the service is made of; make audit: what is known against it"
	@echo "make clean        nothing left of all that"

clean:
	rm -rf .venv .cache build *.egg-info .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A virtual environment remembers its path, so one that was moved, copied or lost its Python is made again.
ifneq ($(shell $(BIN)/python -c 'print(open(".venv/made_at").read().strip())' 2>/dev/null),$(CURDIR))
.venv/made_at: FORCE
endif

.venv/made_at: .ci/requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Stateward needs Python 3.11 or newer, but $(PYTHON) is %d.%d: run make PYTHON=python3.12 (or newer)." % sys.version_info[:2])'
	$(PYTHON) -m venv --clear .venv
	@echo "Installing what Stateward stands on (about 280 MB on disk) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .ci/requirements.lock
	@echo "$(CURDIR)" > $@

.venv/setup: .venv/made_at pyproject.toml
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev: .venv/setup .ci/requirements-dev.lock
	@echo "Installing what the tests need ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .ci/requirements-dev.lock
	@touch $@

.cache/uv/bin/uv: Makefile
	$(PYTHON) -m venv --clear .cache/uv
	.cache/uv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@
