PYTHON ?= python3
BIN := .venv/bin
RECORDS ?= 300
OUT ?= out/demo

.PHONY: demo test check fuzz clean

.venv/ready: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet -e '.[dev]'
	touch $@

demo: .venv/ready
	$(BIN)/assay demo --records $(RECORDS) --out $(OUT)

test: .venv/ready
	$(BIN)/pytest

check: .venv/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/check_size.py

SECONDS ?= 60

fuzz: .venv/ready
	$(BIN)/python -m tests.fuzz --seconds $(SECONDS)

clean:
	rm -rf .venv out
