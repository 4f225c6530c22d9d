# StockCue: what you can do here. `make` alone prints this list.
#
#   make demo    set up, rehearse the built-in promotion show, say where the table and the picture are
#   make test    set up, run the whole test suite
#   make quick   set up, run the tests of the lower floors (under a minute)
#   make lint    style, types and import contracts
#   make bench   how fast, with the parity check first
#   make docs    the documentation, in docs/_build
#   make gallery the lessons of notebooks/ executed, into docs/gallery (minutes)
#   make oldest  the quick tests with the lowest versions that pyproject.toml allows
#   make versions  the same, then the quick tests with the newest on every Python found (PYTHONS="python3.12 ..." names them)
#   make words    every sentence of the code into sim/locale/stockcue.pot, for translators
#   make audit   known weaknesses of what is installed (ADVISORIES=FOLDER: by an advisory database there, without the network)
#   make clean   remove the environment and all results
#
# Needs Python 3.11 or newer and make. Everything is installed into $(VENV); nothing else on the machine is touched.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
QUICK  := tests/architecture tests/core tests/strategies tests/scenarios tests/score tests/contract

.PHONY: help demo test quick lint bench docs gallery oldest versions audit words clean
help:
	@sed -n 's/^# \{0,1\}//p' Makefile | head -18

$(READY): pyproject.toml
	$(PYTHON) -c "import sys; sys.exit(0 if sys.version_info >= (3, 11) else 'StockCue needs Python 3.11 or newer; set PYTHON=...')"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1" "setuptools>=78"
	$(BIN)/python -m pip install --quiet --editable . --group dev
	touch $(READY)

demo: $(READY)
	$(BIN)/stockcue rehearse experiment=promotion_night workers=2 out=runs/demo

test: $(READY)
	$(BIN)/python -m pytest -n 2 --dist worksteal

quick: $(READY)
	$(BIN)/python -m pytest -n 2 --dist worksteal $(QUICK)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY)
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks --sweep

docs: $(READY)
	$(BIN)/sphinx-build -W --keep-going -q -b html docs docs/_build

gallery: $(READY)
	$(BIN)/python docs/gallery.py

oldest: $(READY)
	$(PYTHON) -m venv $(VENV)/oldest
	$(VENV)/oldest/bin/python -m pip install --quiet uv
	$(VENV)/oldest/bin/uv pip install --quiet --python $(VENV)/oldest --resolution lowest-direct --editable . --group test
	$(VENV)/oldest/bin/python -m pytest -n 2 --dist worksteal $(QUICK)

PYTHONS ?= $(shell for minor in 11 12 13 14 15; do python3.$$minor -c "" 2>/dev/null && echo python3.$$minor; done)

versions: oldest
	$(BIN)/python -m pip install --quiet uv
	@for python in $(PYTHONS); do \
	  place=$(VENV)/versions/$$($$python -c "import platform; print(platform.python_version())"); echo $$place; \
	  $$python -m venv $$place && $(BIN)/uv pip install --quiet --upgrade --python $$place --editable . --group test && \
	  $$place/bin/python -m pytest -n 2 --dist worksteal $(QUICK) || exit 1; \
	done

audit: $(READY)
	$(BIN)/python -m pip install --quiet pip-audit
	$(BIN)/python -m tests.audit $(ADVISORIES)

words: $(READY)
	$(BIN)/python -m pip install --quiet "babel>=2.16"
	$(BIN)/pybabel extract --no-location --sort-output --no-wrap --omit-header -k _ -k N_ -k ngettext:1,2 -k counted:1,2 -k setting:2 -k Param:6 -k Metric:1 \
	  -o sim/locale/stockcue.pot sim strategies scenarios

clean:
	rm -rf $(VENV) docs/_build runs build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
