PYTHON ?= python3
BIN := .venv/bin
RECORDS ?= 300
OUT ?= out/demo
SAMPLE ?= 40
SEED ?= 0
SECONDS ?= 60
# A worker for each core. Byte code may be kept, or each command that a test starts compiles anew.
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -n logical --dist worksteal

.PHONY: demo test coverage check mutants fuzz clean

.venv/ready: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet -e '.[dev]'
	touch $@

demo: .venv/ready
	$(BIN)/assay demo --records $(RECORDS) --out $(OUT)

test: .venv/ready
	$(PYTEST)

# The same tests, with what they ran of each package; it fails below tools/coverage_floors.json.
coverage: .venv/ready
	$(PYTEST) --cov --cov-report=
	$(BIN)/python tools/check_coverage.py

check: .venv/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/check_size.py

# Of each package a sample of slips, which its tests must notice: see docs/development.md.
mutants: .venv/ready
	$(BIN)/python tools/mutants.py --sample $(SAMPLE) --seed $(SEED)

fuzz: .venv/ready
	$(BIN)/python -m tests.fuzz --seconds $(SECONDS)

clean:
	rm -rf .venv out
