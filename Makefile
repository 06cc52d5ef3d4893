# `make demo` and `make test`, the two commands of the README, make the environment first.

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.made
TEST_STAMP := $(VENV)/.made-for-tests
TORCH := $(shell sed -n 's/^\(torch==.*\)$$/\1/p' constraints.txt)
PYTHON ?= $(shell for p in python3.12 python3.11 python3.13 python3; do \
	if $$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then echo $$p; break; fi; done)

.PHONY: env test-env demo site translations test long-tests coverage mutants reliability bench bench-gpu style lint clean

env: $(STAMP)

# PyTorch first and by its exact version: where the configured index offers a build for CPUs, the pin takes it.
# An interrupted installation leaves no stamp, so the next call continues it.
$(STAMP): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "HERMES needs Python 3.11 or later with its venv module (Debian and Ubuntu: apt install python3-venv)." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "$(TORCH)"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[test]"
	@touch $@

# Slicer's MRML and a Qt (about 300 MB, only for the tests of the Slicer module), what builds the site,
# and system libraries for drawing.
test-env: env $(TEST_STAMP)

$(TEST_STAMP): $(STAMP) Testing/system_libraries.sh
	@sh Testing/system_libraries.sh
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[test,slicer-tests,docs]"
	@touch $@

demo: env
	$(BIN)/hermes demo -o hermes-demo
	@echo "Open hermes-demo/overview.png. hermes-demo/segmentation.nii.gz is on the grid of hermes-demo/sample.nii.gz."

# The documentation as a site in build/site; open its index.html.
site: test-env
	NO_MKDOCS_2_WARNING=1 PYTHONPATH=. $(BIN)/mkdocs build --quiet

# The panel's texts for translators, and what is translated for Slicer.
translations: test-env
	$(BIN)/python -m Testing.slicer_module.translations

style: env
	$(BIN)/ruff check
	$(BIN)/ruff format --check --quiet

lint: style
	$(BIN)/mypy

# One process per core, at most four, with one thread each: faster than one process with many threads. A file's tests stay
# together, as they share what they build, and the longest files come first (Testing/conftest.py).
SIDE_BY_SIDE := --numprocesses=auto --maxprocesses=4 --dist=loadfile --no-loadscope-reorder
test long-tests coverage: export OMP_NUM_THREADS = 1
# Threads of several processes that wait actively for each other slow a run down by a factor of six.
test long-tests coverage: export OMP_WAIT_POLICY = PASSIVE

# Tests and doctests. The types are one of the tests (Testing/test_types.py), beside the others.
test: test-env style
	$(BIN)/python -m pytest -q --durations=10 $(SIDE_BY_SIDE)

# The tests that take too long for every change: official networks at full size, trainings, tables of the rivals. Before a release.
long-tests: test-env
	$(BIN)/python -m pytest -q -m long --long $(SIDE_BY_SIDE)

# The same with the coverage of HermesLib and the floor that pyproject.toml sets; it takes half as long again.
coverage: test-env
	$(BIN)/python -m pytest -q $(SIDE_BY_SIDE) --cov --cov-report=term:skip-covered --cov-report=html

# Faults put into the code one at a time, and whether the tests notice (Testing/mutants/README.md).
mutants: test-env
	$(BIN)/python -m Testing.mutants

# Faults in full: kills, random inputs, volumes through one engine, full disks, streams. An hour or two; an interrupted command
# goes on where it was.
reliability: export OMP_NUM_THREADS = 1
reliability: export OMP_WAIT_POLICY = PASSIVE
reliability: test-env
	$(BIN)/python -m Testing.reliability -o reliability.json

# How fast runs are on this computer, as ratios (docs/speed.md). Half an hour; close other programs.
bench: env
	$(BIN)/hermes bench loop -o bench-loop.json
	$(BIN)/hermes bench busy -o bench-busy.json
	$(BIN)/hermes bench scaling --slices 8 32 128 512 --repeats 1 --plot bench-scaling.png -o bench-scaling.json
	$(BIN)/hermes bench memory -o bench-memory.json
	$(BIN)/hermes bench precision -o bench-precision.json
	$(BIN)/hermes research bench -o bench-nnqc.json
	$(BIN)/hermes bench cohort -o bench-cohort.json

# Slices a second on a CUDA GPU and on the processor, and where runs wait for the GPU.
bench-gpu: env
	$(BIN)/hermes bench gpu -o bench-gpu.json

clean:
	rm -rf $(VENV) hermes-demo reliability.json bench-*.json bench-scaling.png htmlcov .coverage .coverage.* .pytest_cache .ruff_cache .mypy_cache .hypothesis
