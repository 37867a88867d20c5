# Everything runs from .venv, which the first target that needs it makes.
# `make` alone lists the targets.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.made-by-make
LOCK_PYTHONS ?= python3.10 python3.11 python3.12 python3.13

# nbgrader finds alembic on PATH.
PATH_OUTSIDE := $(PATH)
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help demo test quick lint docs release words lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile
	@echo
	@echo "  Another Python than python3:  make PYTHON=python3.12 demo"

demo: $(STAMP) ## grade a sample class on the first lab, from nothing to a table of marks
	@$(BIN)/labkit demo

test: $(STAMP) ## run every test and every example in a docstring
	@$(BIN)/pytest -n logical --maxprocesses 4 --dist loadfile

quick: $(STAMP) ## run what most changes need, in less than a minute: all but the tests marked slow
	@$(BIN)/pytest -n logical --maxprocesses 4 --dist loadfile -m "not slow"

lint: $(STAMP) ## check style, types, imports between rooms, and docstrings
	@echo "ruff check";   $(BIN)/ruff check --quiet
	@echo "ruff format";  $(BIN)/ruff format --quiet --check --diff
	@echo "mypy";         $(BIN)/mypy --no-error-summary
	@echo "lint-imports"; said=$$($(BIN)/lint-imports --no-logo) || { echo "$$said"; exit 1; }
	@echo "interrogate";  $(BIN)/interrogate --quiet grader || $(BIN)/interrogate -vv grader

docs: $(STAMP) ## make site/ from docs/: what people read; a broken link is an error
	@rm -rf site
	@$(BIN)/sphinx-build -qEW --keep-going -d .sphinx_cache docs site
	@echo "site/index.html"

release: $(STAMP) ## make release/ from source/: what students get
	@$(BIN)/labkit release

words: $(STAMP) ## write grader/locale/grader.pot: what there is to translate of what students read
	@$(BIN)/pybabel -q extract --keyword=later --no-location --omit-header --no-wrap -o grader/locale/grader.pot grader

lock: $(STAMP) ## choose requirements.lock anew, from the newest versions that pyproject.toml allows
	@$(BIN)/python .ci/lock.py $(LOCK_PYTHONS)

clean: ## remove .venv and caches; never a student's file
	@rm -rf .venv .hypothesis .import_linter_cache .labkit-cache .mypy_cache .pytest_cache .ruff_cache .sphinx_cache
	@rm -rf build dist site *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp is written last and says what .venv was made with: which Python, and where, since its
# commands hold that path. If it says otherwise now, or was never written, .venv is made anew; if
# only pyproject.toml or requirements.lock is newer, .venv is brought up to date.
ifeq ($(origin PYTHON),file)
NOW := $(shell { $(BIN)/python -V; } 2>/dev/null) in $(CURDIR)
else
NOW := $(shell { $(PYTHON) -V; } 2>/dev/null) in $(CURDIR)
endif
ifneq ($(NOW),$(shell cat $(STAMP) 2>/dev/null))
.PHONY: $(STAMP)
endif

# Prints the Python to make .venv with: the one beneath, if $(PYTHON) is itself inside .venv.
define FIND_PYTHON
import sys
if sys.version_info < (3, 10):
    sys.exit(
        "The lab kit needs Python 3.10 or newer; $(PYTHON) is Python %d.%d.%d (%s).\n"
        "Name a newer one, for instance:  make PYTHON=python3.12 $(MAKECMDGOALS)"
        % (sys.version_info[:3] + (sys.executable,))
    )
print(getattr(sys, "_base_executable", sys.executable))
endef
export FIND_PYTHON

define MAKE_VENV
if [ "$$(cat $(STAMP) 2>/dev/null)" = "$(NOW)" ]; then
    echo "[1/3] Bringing .venv up to date"
    rm $(STAMP)
else
    if ! command -v "$(PYTHON)" >/dev/null; then
        echo "The lab kit needs Python 3.10 or newer, and there is no $(PYTHON) here." >&2
        echo "Name another one, for instance:  make PYTHON=python3.12 $(MAKECMDGOALS)" >&2
        exit 1
    fi
    python=$$("$(PYTHON)" -c "$$FIND_PYTHON")
    echo "[1/3] Making .venv with $$("$$python" -V) ($$python)"
    rm -rf .venv
    "$$python" -m venv .venv
fi
echo "[2/3] Installing NumPy and torch (the largest download)"
$(BIN)/python -m pip install -qq -c requirements.lock numpy torch
echo "[3/3] Installing Jupyter, nbgrader and the lab kit"
$(BIN)/python -m pip install -qq -c requirements.lock -e ".[instructor,cluster,postgres,test]"
echo "$$($(BIN)/python -V) in $(CURDIR)" > $(STAMP)
endef
export MAKE_VENV

$(STAMP): pyproject.toml requirements.lock
	@PATH="$(PATH_OUTSIDE)" sh -euc "$$MAKE_VENV"
