# Every command a contributor or CI needs. Each works alone, from a fresh clone, with Python >= 3.11, cargo and make.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

VENV := .venv
PY := $(VENV)/bin/python
STAMPS := $(VENV)/stamps
PIP := $(PY) -m pip --disable-pip-version-check --quiet

# A build must not see the caller's environment, and PyO3 must always see the same interpreter.
unexport VIRTUAL_ENV CONDA_PREFIX PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE
export PYO3_PYTHON := $(CURDIR)/$(PY)

rust := Cargo.toml Cargo.lock $(shell find rust_core -name '*.rs' -o -name Cargo.toml)
python := pyproject.toml README.md LICENSE $(shell find python -type f -not -name '*.so' -not -path '*/__pycache__/*')
sources := $(wildcard $(rust) $(python))

# The wheel that tests, types and pages meet: quick, or wheel, the one that is published.
TESTED := quick

.PHONY: help demo test lint tidy clippy types format bench docs quick dist sdist wheel tools compile clean
help: ## what there is
	@sed -nE 's/^([a-z]+):.*## (.*)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

demo: quick ## build, then run the main job on real data: a table and a picture
	$(PY) -m limitlaw demo

test: $(TESTED) $(STAMPS)/test ## all tests: the Rust core, Python, and every example in docstrings, README and docs
	cargo test --profile quick --locked --quiet -p limitlaw-core
	$(PY) -m pytest -n auto --dist worksteal tests --doctest-modules --pyargs limitlaw

lint: tidy types clippy ## formatting, lints, types, and the stub against the compiled module; the cheapest first

tidy: $(STAMPS)/lint
	cargo fmt --all --check
	$(PY) -m ruff format --check
	$(PY) -m ruff check

types: $(TESTED) $(STAMPS)/lint $(STAMPS)/test
	$(PY) -m mypy
	$(PY) -m mypy --strict tests/user_script.py
	$(VENV)/bin/basedpyright
	$(PY) -m mypy.stubtest limitlaw._core --allowlist <(echo limitlaw._core.__all__)

clippy: $(STAMPS)/venv
	cargo clippy --locked --quiet --workspace --all-targets -- -D warnings

format: $(STAMPS)/lint ## rewrite the sources in the house format
	cargo fmt --all
	$(PY) -m ruff format
	$(PY) -m ruff check --fix

bench: wheel $(STAMPS)/bench ## speed: kernels (Criterion), then side by side with the peers; printed, never asserted
	cargo bench --locked -p limitlaw-benches
	$(PY) benches/peers.py
	$(PY) benches/peers_fit.py
	$(PY) benches/peers_scaling.py
	$(PY) benches/peers_sweep.py
	$(PY) benches/engine.py

docs: $(TESTED) $(STAMPS)/docs ## the documentation as a site in site/
	$(PY) -m sphinx -W --keep-going --fresh-env --quiet docs site
	$(PY) docs/links.py site

quick: $(STAMPS)/quick ## a wheel that builds in a third of the time and gives the same bits, installed in the private environment

dist: $(STAMPS)/dist ## the wheel that is published, optimised as a whole, in dist/

wheel: $(STAMPS)/wheel ## the same, installed in the private environment

# What it needs was compiled for the profile, its own code is not optimised once more.
sdist: $(STAMPS)/venv ## the source package in target/sdist, which must build and install on its own
	rm -rf target/sdist
	$(PY) -m maturin sdist --out target/sdist
	$(PY) -m venv target/sdist/venv
	own="--config profile.quick.package.limitlaw-core.opt-level=0 --config profile.quick.package.limitlaw-python.opt-level=0"; \
	MATURIN_PEP517_ARGS="--profile quick $$own" CARGO_TARGET_DIR=$(CURDIR)/target \
		target/sdist/venv/bin/python -m pip --disable-pip-version-check --quiet install target/sdist/*.tar.gz
	cd target/sdist && venv/bin/python -c "import limitlaw; print('limitlaw', limitlaw.__version__, 'from the source package')"

# What a first run needs besides, in two pieces that other work can go beside.
tools: $(STAMPS)/venv
	$(PIP) install --group lint --group test --group docs
	touch $(STAMPS)/lint $(STAMPS)/test $(STAMPS)/docs

compile:
	cargo test --profile quick --locked --quiet --no-run -p limitlaw-core

clean: ## forget everything that was built
	rm -rf $(VENV) target dist site
	find python -name '*.so' -delete
	find . -name __pycache__ -prune -exec rm -rf {} +

# The stamp of a build is older than any source that changed while it ran.
# Shared objects in the tree come from development builds; they go, so that none can shadow the wheel.
define build
	touch $@.begun
	find python -name '*.so' -delete
	rm -f $2/*.whl
	$(PY) -m maturin build --profile $1 --locked --out $2
	mv $@.begun $@
endef

# The wheel of a profile replaces that of the other.
define install
	rm -f $(STAMPS)/wheel $(STAMPS)/quick
	$(PIP) install --force-reinstall --no-deps $1/*.whl
	$(PIP) install "$$(echo $1/*.whl)[plots]"
	touch $@
endef

$(STAMPS)/fast: $(sources) $(STAMPS)/venv
	$(call build,quick,target/quick-wheel)

$(STAMPS)/dist: $(sources) $(STAMPS)/venv
	$(call build,release,dist)

$(STAMPS)/quick: $(STAMPS)/fast
	$(call install,target/quick-wheel)

$(STAMPS)/wheel: $(STAMPS)/dist
	$(call install,dist)

$(STAMPS)/test $(STAMPS)/lint $(STAMPS)/bench $(STAMPS)/docs: $(STAMPS)/%: pyproject.toml $(STAMPS)/venv
	$(PIP) install --group $*
	touch $@

$(STAMPS)/venv:
	@python=; for candidate in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11 python; do \
		if $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$candidate; break; fi; \
	done; \
	if [ -z "$$python" ]; then echo "limitlaw needs Python >= 3.11: none found (set PYTHON=path)" >&2; exit 1; fi; \
	$$python -m venv $(VENV)
	$(PIP) install --upgrade 'pip>=25.1' 'maturin>=1.9,<2'
	mkdir -p $(STAMPS)
	touch $@
