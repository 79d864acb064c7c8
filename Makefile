# Two commands do everything: `make demo` runs the product, `make test` checks it.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check setup models variants bodies lock clean

demo: setup models  ## count a bundled clip live, then stay up
	$(BIN)/blazereps demo tests/clips/squat_front.mp4

test: setup models variants bodies check  ## everything that must hold
	$(BIN)/pytest

check: setup
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

models: setup  ## download and convert the nets that are not in the cache yet
	$(BIN)/blazereps models build full

variants: setup  ## lite and heavy too, where there is npm to fetch them
	@if command -v npm >/dev/null; then $(BIN)/blazereps models build lite && $(BIN)/blazereps models build heavy; \
	else echo "No npm: the tests of lite and heavy will be skipped"; fi

bodies: setup  ## download what synthetic people are made of
	$(BIN)/python -m people assets

setup: .venv/.installed

.venv/.installed: requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "blazereps needs Python 3.11 or newer; try: make PYTHON=python3.12 $(MAKECMDGOALS)")'
	@echo "Setting up .venv: some 250 MB of packages, a minute or two the first time"
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

lock:  ## pin the newest versions that pyproject.toml allows (needs uv)
	uv pip compile -q -U --universal --generate-hashes --no-emit-index-url --no-header --no-annotate pyproject.toml -o requirements/run.txt
	uv pip compile -q -U --universal --generate-hashes --no-emit-index-url --no-header --no-annotate pyproject.toml --group dev -o requirements/dev.txt

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
