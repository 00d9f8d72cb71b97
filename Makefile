# demo, test, bench, audit, lint: each works in a fresh clone. What each needs first is installed by the scripts in .ci/.
PYTHON ?= python3
BIN := .venv/bin
PINS := .ci/constraints.txt
SOURCES := disposable widget_server tests

.PHONY: demo test bench audit lint clean

demo: .venv/.ready-run
	$(BIN)/samethread demo $(ARGS)

# A skipped test is a failed one here: everything a test may ask for has just been installed.
test: .venv/.ready-test
	sh .ci/need-servers
	SAMETHREAD_NO_SKIPS=1 $(BIN)/pytest $(ARGS)

bench: .venv/.ready-test
	sh .ci/need-lighthouse
	$(BIN)/python -m tests.bench.run $(ARGS)

audit: .venv/.ready-audit
	sh .ci/need-servers
	$(BIN)/python -m tests.bench.audit $(ARGS)

lint: .venv/.ready-test
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy

clean:
	rm -rf .venv .cache build dist

.venv/bin/python:
	sh .ci/need-venv $(PYTHON)

.venv/.ready-run: .venv/bin/python pyproject.toml $(PINS)
	$(BIN)/python -m pip install --quiet --constraint $(PINS) --editable .
	touch $@

.venv/.ready-test: .venv/bin/python pyproject.toml $(PINS)
	$(BIN)/python -m pip install --quiet --constraint $(PINS) --editable '.[test]'
	touch .venv/.ready-run $@

.venv/.ready-audit: .venv/.ready-test
	$(BIN)/python -m pip install --quiet --constraint $(PINS) --editable '.[test,audit]'
	touch $@
