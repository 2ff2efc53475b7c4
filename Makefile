# make demo    the main job, on SSH hosts of its own on this machine
# make test    the whole suite: style, types, the order of the rooms, tests
# make bench   side by side with other tools; BENCH='--page docs/performance.md' puts the tables into the manual
# make fuzz    the loader against mutated files, ten minutes long; MINUTES=1 for one
# make simulate  runs that die at every moment, in a simulated world; SCHEDULES=1000000 for more
# make mutants   mistakes put into the program, each of which the simulation must notice
# make plans     ten thousand runbooks at random: what reaches the hosts is what the plan says; PLANS=100000 for more
# make docs    the parts of the manual that are made from the schemas and the rules of advice
# make faults  steps over lines that break or fall silent at every few hundred bytes (a quarter of an hour)
# make kills   a deploy on real hosts whose journal fails, or which is killed, at every single write (a quarter of an hour)
# make kills-random  300 deploys whose controllers, connections and processes on the hosts are killed; RUNS=1000 for more
# make locks   twenty controllers that want the same hosts, some of them killed, again and again; ROUNDS=3 for three
# make clean   removes what the others made in this folder

SHELL := /bin/sh
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/.installed
TEST_STAMP := $(VENV)/.installed-for-tests
NODE_STAMP := $(VENV)/node/.installed
LANGUAGE_SERVER := yaml-language-server@1.18.0
WORKERS ?= auto
MINUTES ?= 10
SCHEDULES ?= 100000
PLANS ?= 10000
ROUNDS ?= 10
RUNS ?= 300

.PHONY: demo test bench fuzz faults kills kills-random simulate mutants plans docs locks clean
.DELETE_ON_ERROR:

demo: $(RUN_STAMP)
	@$(BIN)/runbook demo

test: $(TEST_STAMP) $(NODE_STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(BIN)/pytest -n $(WORKERS)

bench: $(RUN_STAMP)
	$(BIN)/python -m benchmarks.compare --install $(BENCH)

fuzz: $(TEST_STAMP)
	$(BIN)/python -W error -m tests.language.fuzz --minutes $(MINUTES)

simulate: $(TEST_STAMP)
	PYTHONHASHSEED=0 $(BIN)/python -m tests.simulation.explore --schedules $(SCHEDULES)

mutants: $(TEST_STAMP)
	PYTHONHASHSEED=0 RUNBOOK_MUTANTS=all $(BIN)/pytest -n $(WORKERS) tests/simulation/test_schedules.py

plans: $(TEST_STAMP)
	RUNBOOK_PLANS=$(PLANS) $(BIN)/pytest -n 2 tests/simulation/test_planned.py

docs: $(RUN_STAMP)
	$(BIN)/python -m docs.build

faults: $(TEST_STAMP)
	RUNBOOK_FAULTS=1 $(BIN)/pytest -n $(WORKERS) tests/faults tests/e2e/test_replan.py tests/e2e/test_unknown.py

kills: $(TEST_STAMP)
	$(BIN)/python -m tests.faults.kills

kills-random: $(TEST_STAMP)
	$(BIN)/python -m tests.faults.chaos --rounds $(RUNS)

locks: $(TEST_STAMP)
	$(BIN)/python -m tests.e2e.racing --rounds $(ROUNDS)

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# An environment is made again when it is gone, and filled again when the dependencies may have changed.
$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then \
	    echo "No Python here: install Python 3.11 or newer (Debian: apt-get install python3 python3-venv)." >&2; exit 1; fi
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "$(PYTHON) is older than Python 3.11; name a newer one: make PYTHON=/usr/bin/python3.11 …" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	    echo "$(PYTHON) cannot make a virtual environment. On Debian: apt-get install python3-venv, then again." >&2; \
	    exit 1; }

$(RUN_STAMP): pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(TEST_STAMP): pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	@touch $(RUN_STAMP) $@

# The language server of editors, for the tests that are their editor; without npm they skip.
$(NODE_STAMP): | $(BIN)/python
	@if command -v npm >/dev/null && npm install --silent --no-audit --no-fund --prefix $(VENV)/node $(LANGUAGE_SERVER); \
	then touch $@; else echo "No $(LANGUAGE_SERVER) here: the tests of editors skip." >&2; fi
