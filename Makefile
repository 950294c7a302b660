# Two commands for a newcomer: `make demo` and `make test`. Both make what they need in .venv and .meltano.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PACKAGES := tap_amazon_seller etl sandbox scripts tests benchmarks

# Meltano installs plugins with uv; compiled plugins start twice as fast.
export UV_COMPILE_BYTECODE := 1
export MELTANO_SEND_ANONYMOUS_USAGE_STATS := false

.PHONY: help demo test faults lint format bench clean

help:  ## List the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 10

demo: $(VENV)/demo  ## Run the main job against the sandbox and show its result
	@$(BIN)/python scripts/demo.py

test: lint $(VENV)/plugins  ## Run every check: linter, formatter, types, imports, tests
	$(BIN)/pytest -q

faults: $(VENV)/installed  ## Try every fault at every call, and a thousand at random
	$(BIN)/pytest -q tests/faults --whole-matrix

lint: $(VENV)/installed
	$(BIN)/ruff check $(PACKAGES)
	$(BIN)/ruff format --check $(PACKAGES)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: $(VENV)/installed  ## Format the code and mend what the linter can
	$(BIN)/ruff check --fix $(PACKAGES)
	$(BIN)/ruff format $(PACKAGES)

bench: $(VENV)/installed  ## Measure; see benchmarks/README.md
	$(BIN)/python benchmarks/makespan.py
	$(BIN)/python benchmarks/memory.py

clean:  ## Remove everything that was made here
	rm -rf $(VENV) .meltano .demo build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[arrow,etl,sandbox]' --group dev
	touch $@

# Meltano's own environments for the tap, the targets and the ETL.
$(VENV)/plugins: $(VENV)/installed meltano.yml
	$(BIN)/meltano --log-level warning install
	touch $@

# The demo needs fewer of them.
$(VENV)/demo: $(VENV)/installed meltano.yml
	$(BIN)/meltano --log-level warning install tap-amazon-seller target-jsonl amazon-optiply-etl
	touch $@
