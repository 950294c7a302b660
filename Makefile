# Two commands for a newcomer: `make demo` and `make test`. Both make what they need in .venv and .meltano.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PEERS := airbyte target-jsonl tools
PACKAGES := amazon_programs amazon_selling_partner tap_amazon_seller associates etl fleet matching sandbox scripts tests benchmarks

# Installs what follows it: with uv, which takes an eighth of pip's CPU time, or with pip where uv finds no index,
# as where an index of one's own is named to pip alone.
INSTALL = install() { VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet "$$@" || \
  $(BIN)/python -m pip install --quiet "$$@"; }; install
# What several jobs print stays together, where make can do that.
SYNC := $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

# Compiled modules are kept, whatever the machine's habit: thousands of programs start in the tests.
export PYTHONDONTWRITEBYTECODE :=
export MELTANO_SEND_ANONYMOUS_USAGE_STATS := false

.PHONY: help demo check test prove coverage docs simulate mutations faults kills codes counts warehouses documents benchmarks day fleet lint format bench clean

help:  ## List the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 12

demo: $(VENV)/demo  ## Run the main job against the sandbox and show its result
	@$(BIN)/python scripts/demo.py

# What the tests need beside the programs.
BESIDE := $(VENV)/plugins $(VENV)/optiply $(VENV)/browser $(VENV)/docs

test: $(VENV)/installed  ## Run every check: linter, formatter, types, imports, tests
	@$(MAKE) --no-print-directory --jobs 4 $(SYNC) lint $(COMPILED) $(BESIDE)
	$(BIN)/pytest -q -n auto --dist loadgroup

# Compiles the tests, in two parts side by side; else each of the processes that `test` runs them in would
# compile all of them the first time.
COMPILED := $(VENV)/tests-of-tap-and-etl $(VENV)/tests-of-others
$(VENV)/tests-of-tap-and-etl: TESTS_OF := tests/tap tests/etl
$(VENV)/tests-of-others: TESTS_OF := tests --ignore tests/tap --ignore tests/etl
$(COMPILED): $(VENV)/installed
	@$(BIN)/pytest --collect-only -q $(TESTS_OF) > $@.log || { cat $@.log; exit 1; }
	@touch $@

# What starts no program and takes seconds; `--unit` leaves out the tests among them that do start one.
UNIT := tests/programs tests/selling_partner tests/tap/config tests/tap/machine tests/tap/reports tests/tap/output/test_lines.py \
  tests/tap/output/test_arrow_schema.py tests/etl/tables tests/etl/config \
  tests/etl/optiply/test_credentials.py tests/etl/optiply/test_payload_schemas.py \
  --ignore tests/selling_partner/test_odd_answers.py

check: lint  ## The quick part of `test`: linter, types, imports, tests that start no program, examples in docstrings
	$(BIN)/pytest -q -n 2 --dist loadgroup $(UNIT) --unit
	$(BIN)/pytest -q --doctest-modules amazon_selling_partner tap_amazon_seller etl/amazon_optiply_etl \
	  matching/amazon_asin_match associates/tap_amazon_associates

PART ?= simulate mutations counts warehouses faults kills codes day fleet documents benchmarks

prove: $(PART)  ## The proofs at their full sizes, for hours: PART=faults for one of them

coverage: $(BESIDE)  ## The branches that no test takes, line by line: TESTS=tests/tap for some tests
	@rm -rf build/coverage && mkdir -p build/coverage
	$(BIN)/coverage run -m pytest -q -n auto --dist loadgroup $(TESTS)
	@$(BIN)/coverage combine --quiet
	$(BIN)/coverage report | tee build/coverage.txt

docs: $(VENV)/docs  ## Build the site of docs/ in build/site, with every link checked
	@$(BIN)/python -m scripts.reference --check
	@$(BIN)/python scripts/site.py

LIVES ?= 368
SELLERS ?= 200
SEED ?= 1

simulate: $(VENV)/installed  ## Live sellers' lives in simulated time: LIVES=368 SEED=1
	PYTHONPATH=tests:tests/support $(BIN)/python -m simulation --lives $(LIVES) --seed $(SEED)

mutations: $(VENV)/installed  ## Break twenty rules, one by one, and see which simulated life finds each
	PYTHONPATH=tests:tests/support $(BIN)/python -m simulation.mutations --times 10

counts: $(VENV)/installed  ## Have the ETL account for the records of many folders drawn at random, and show millions
	$(BIN)/pytest -q tests/etl/runs/test_counts_add_up.py --prove
	$(BIN)/pytest -q tests/etl/mapping_report/test_large_pages.py -k millions --prove

warehouses: $(VENV)/plugins  ## Load every stream of each account into PostgreSQL and DuckDB
	$(BIN)/pytest -q tests/end_to_end/test_warehouses.py tests/end_to_end/test_every_stream.py \
	  tests/end_to_end/test_prices_and_fees.py --prove

faults: $(VENV)/installed  ## Try every fault at every call, a thousand at random, and a month of odd answers
	$(BIN)/pytest -q tests/faults tests/tap/test_limits_and_turns.py \
	  tests/selling_partner/test_odd_answers.py --prove

kills: $(VENV)/installed  ## Kill a matching job 20 times at random and hold its result
	$(BIN)/pytest -q tests/matching/test_killed.py --prove

codes: $(VENV)/installed  ## Match a million different codes from file to file: their order, memory
	$(BIN)/pytest -q tests/matching/test_many_codes.py --prove

fleet: $(VENV)/installed  ## Kill a fifth of a fleet's runs, a worker and the database: SELLERS=200
	SELLERS=$(SELLERS) $(BIN)/pytest -q -s tests/fleet/test_kills.py --prove

documents: $(VENV)/installed  ## Follow the documentation page by page in an empty folder, and compare what it prints
	$(BIN)/python -m scripts.follow_documents $(PAGES)

benchmarks: $(VENV)/installed  ## Run every benchmark on small inputs, without its peers
	$(BIN)/pytest -q tests/benchmarks --prove

day: $(VENV)/optiply  ## Sync every half hour of a day into Optiply, for each flavour
	$(BIN)/pytest -q tests/end_to_end/test_a_day_into_optiply.py --prove
	$(BIN)/pytest -q tests/end_to_end/test_a_disturbed_day_into_optiply.py \
	  tests/end_to_end/test_a_disturbed_vendor_day.py --prove

lint: $(VENV)/installed
	$(BIN)/ruff check $(PACKAGES)
	$(BIN)/ruff format --check $(PACKAGES)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: $(VENV)/installed  ## Format the code and mend what the linter can
	$(BIN)/ruff check --fix $(PACKAGES)
	$(BIN)/ruff format $(PACKAGES)

bench: $(VENV)/installed $(PEERS:%=.bench/%/installed)  ## Measure against peers; see benchmarks/README.md
	$(BIN)/python benchmarks/run.py $(BENCH)

clean:  ## Remove everything that was made here
	rm -rf $(VENV) .bench .meltano .demo build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/installed: pyproject.toml sandbox/pyproject.toml constraints.txt
	@echo "Installing the programs, and the tools that test them, into $(VENV) (once; some minutes) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --upgrade 'pip>=25.1' uv
	@$(INSTALL) --constraint constraints.txt --editable '.[associates,etl,fleet,fleet-monitoring,matching,matching-postgres,matching-service,notifications]' --group dev
	@$(INSTALL) --constraint constraints.txt --editable './sandbox[notifications]'
	@touch $@

# What the benchmarks compare with, each in an environment of its own.
.bench/%/installed: benchmarks/peers/%/requirements.txt
	$(PYTHON) -m venv .bench/$*
	.bench/$*/bin/python -m pip install --quiet --requirement $< && touch $@ || \
		echo "$* cannot be installed (see above), so it is left out of the comparison."

# Meltano's own environments for the tap, the targets and the ETL.
$(VENV)/plugins: $(VENV)/installed meltano.yml
	$(BIN)/meltano --log-level warning install
	touch $@

# The stand-ins for target-optiply and its host run on hotglue's SDK and on gluestick, whose pins are not ours.
$(VENV)/optiply: $(VENV)/installed $(wildcard sandbox/amazon_seller_sandbox/optiply/*/requirements.txt)
	$(BIN)/sandbox-target-optiply --install
	touch $@

# The demo needs fewer of them.
$(VENV)/demo: $(VENV)/installed meltano.yml
	@echo "Installing the tap, a target and the ETL as plugins of Meltano into .meltano (once; a minute) ..."
	@$(BIN)/meltano --log-level warning install tap-amazon-seller target-jsonl amazon-optiply-etl
	@touch $@

# What builds the site.
$(VENV)/docs: $(VENV)/installed
	@$(INSTALL) --group docs
	touch $@

# Chromium opens the mapping report's page in the tests. Where it cannot be installed, they skip and say so.
$(VENV)/browser: $(VENV)/installed
	@if command -v chromium || command -v chromium-browser || command -v google-chrome; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get; then \
	  echo "Installing chromium for the tests of the mapping report's page ..." >&2; \
	  { apt-get update && DEBIAN_FRONTEND=noninteractive \
	    apt-get install --yes --no-install-recommends chromium; } >$(VENV)/browser.log 2>&1 \
	    || echo "chromium could not be installed (see $(VENV)/browser.log), so these tests skip." >&2; \
	else echo "There is no chromium, and no root with apt-get; tests of the page skip." >&2; \
	fi >/dev/null
	@touch $@
