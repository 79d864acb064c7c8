# Two commands do everything: `make demo` runs the product, `make test` checks it.
PYTHON ?= python3
BIN := .venv/bin
JS := npm --loglevel=error --prefix clients/javascript
export ORT_DISABLE_TELEMETRY := 1

.PHONY: demo test check bench setup models variants bodies schemas client lock image clean

demo: setup models  ## count a bundled clip live, then stay up
	$(BIN)/blazereps demo tests/clips/squat_front.mp4

test: setup models variants bodies schemas client check  ## everything that must hold
	$(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder  # long files of few tests are not left to the end

check: setup
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup models variants  ## how fast it is beside MediaPipe (half an hour, 1 GB once): docs/speed.md
	$(BIN)/python -m benchmarks.speed

models: setup  ## download and convert the nets that are not in the cache yet
	$(BIN)/blazereps models build full

variants: setup  ## lite and heavy too, where there is npm to fetch them
	@if command -v npm >/dev/null; then $(BIN)/blazereps models build lite && $(BIN)/blazereps models build heavy; \
	else echo "No npm: the tests of lite and heavy will be skipped"; fi

bodies: setup  ## download what synthetic people are made of
	$(BIN)/python -m people assets

schemas: build/3.0.0.json  ## AsyncAPI's own schema, where there is npm to fetch it

build/3.0.0.json:
	@if command -v npm >/dev/null; then mkdir -p build && \
	npm pack --silent --pack-destination build @asyncapi/specs@6.11.1 >/dev/null && \
	tar -xzf build/asyncapi-specs-6.11.1.tgz -C build --strip-components=2 package/schemas/3.0.0.json; \
	else echo "No npm: the AsyncAPI document will not be checked against AsyncAPI's schema"; fi

client: setup  ## build the JavaScript client, where there is npm
	@if command -v npm >/dev/null; then $(JS) ci --no-audit --no-fund && $(BIN)/python -m service.schema | $(JS) run -s types && $(JS) run -s build && $(JS) run -s check; \
	else echo "No npm: the tests of the JavaScript client will be skipped"; fi

setup: .venv/.installed

.venv/.installed: requirements/dev.txt pyproject.toml clients/python/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "blazereps needs Python 3.11 or newer; try: make PYTHON=python3.12 $(MAKECMDGOALS)")'
	@echo "Setting up .venv: some 250 MB of packages, a minute or two the first time"
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --disable-pip-version-check --no-deps --no-build-isolation -e clients/python -e .
	@touch $@

LOCK := uv pip compile -q -U --universal --generate-hashes --no-emit-index-url --no-header --no-annotate \
	--no-emit-package blazereps-client

lock:  ## pin the newest versions that pyproject.toml allows (needs uv)
	$(LOCK) pyproject.toml --extra postgresql -o requirements/run.txt
	$(LOCK) --group build -o requirements/build.txt
	$(LOCK) pyproject.toml --group dev -o requirements/dev.txt

image:  ## build the container image (needs Docker)
	docker build -t blazereps .

clean:
	rm -rf .venv build .mypy_cache .ruff_cache .pytest_cache .hypothesis clients/javascript/node_modules clients/javascript/dist
