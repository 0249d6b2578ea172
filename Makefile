PYTHON ?= python3
INSTALLED ?= $(PYTHON)
BIN := .venv/bin
RECORDS ?= 300
OUT ?= out/demo
SAMPLE ?= 40
SEED ?= 0
SECONDS ?= 60
# A worker for each core. Byte code may be kept, or each command that a test starts compiles anew.
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -n logical --dist worksteal

.PHONY: demo test coverage check mutants fuzz site wheel clean

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

# The documentation site in out/site; a broken link fails it.
site: .venv/ready
	$(BIN)/python tools/docs_site.py
	$(BIN)/zensical build --strict -f mkdocs.yml

# The distributions in out/dist; the wheel must be small and work in an environment of its own.
# INSTALLED names the Python of that environment: `make wheel INSTALLED=python3.13`.
wheel: .venv/ready
	rm -rf out/dist out/installed
	$(BIN)/python -m build --no-isolation --outdir out/dist
	$(INSTALLED) -m venv out/installed
	out/installed/bin/pip install --quiet out/dist/*.whl
	$(BIN)/python -m tools.check_installed out/installed

clean:
	rm -rf .venv out
