# The two commands of the README: `make demo` and `make test`. Both make the environment first.

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.made
TEST_STAMP := $(VENV)/.made-for-tests
TORCH := $(shell sed -n 's/^\(torch==.*\)$$/\1/p' constraints.txt)
PYTHON := $(shell for p in python3.12 python3.11 python3.13 python3; do \
	if $$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then echo $$p; break; fi; done)

.PHONY: env test-env demo test lint clean

env: $(STAMP)

# PyTorch first and by its exact version: where the configured index offers a build for CPUs, the pin takes it.
# A half-made environment leaves no stamp, so that the next call goes on with it.
$(STAMP): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "HERMES needs Python 3.11 or later with its venv module (Debian and Ubuntu: apt install python3-venv)." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "$(TORCH)"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[test]"
	@touch $@

# Slicer's MRML and a Qt, about 300 MB that only the tests of the Slicer module need, and the system's libraries for views.
test-env: env $(TEST_STAMP)

$(TEST_STAMP): $(STAMP) Testing/system_libraries.sh
	@sh Testing/system_libraries.sh
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[test,slicer-tests]"
	@touch $@

demo: env
	$(BIN)/hermes demo -o hermes-demo
	@echo "Open hermes-demo/overview.png; hermes-demo/segmentation.nii.gz lies on the grid of hermes-demo/sample.nii.gz."

lint: env
	$(BIN)/ruff check HermesLib HermesSegment Testing
	$(BIN)/mypy

test: test-env lint
	$(BIN)/python -m pytest -q --durations=10

clean:
	rm -rf $(VENV) hermes-demo .pytest_cache .ruff_cache .mypy_cache .hypothesis
