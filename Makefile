# Two commands matter on a fresh machine: `make report` and `make test`. Both set up what they need.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null && { command -v $$p; break; }; done)
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.metamsc-installed

.PHONY: help setup report release test lint format fuzz fuzz-library bench bench-errors schema figures lock clean
.DEFAULT_GOAL := help

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*##/\1\t/' | expand -t 14

$(STAMP): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "metamsc needs Python 3.11, 3.12 or 3.13 on the PATH (or: make PYTHON=/path/to/python3.12 ...)"; exit 1; }
	@test -x $(BIN)/python || "$(PYTHON)" -m venv $(VENV)
	@echo "installing the pinned packages into $(VENV) (once)"
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

setup: $(STAMP)  ## install the pinned packages into .venv

report: $(STAMP)  ## validate the records, pool, draw and build the site in build/site
	$(BIN)/metamsc check data/extractions
	$(BIN)/metamsc run
	$(BIN)/metamsc verify
	$(BIN)/metamsc report
	@echo "open build/site/index.html"

RELEASE := build/release
DATA := build/metamsc-data

release: report  ## what a release carries, in build/release: package, site, explorer, data with checksums
	@rm -rf $(RELEASE) $(DATA)
	@mkdir -p $(RELEASE)
	$(BIN)/metamsc export data/extractions --csv $(DATA)/csv --parquet $(DATA)/parquet
	@cp -R data/extractions $(DATA)/yaml
	@cp -R data/reviews metamsc/records/schema/1 $(DATA)
	@mv $(DATA)/1 $(DATA)/schema
	@cp data/README.md CITATION.cff LICENSE $(DATA)
	@cd $(DATA) && find . -type f ! -name SHA256SUMS | LC_ALL=C sort | xargs sha256sum > SHA256SUMS
	@$(BIN)/python -m hatchling build --directory $(RELEASE) >/dev/null
	@tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C build -czf $(RELEASE)/metamsc-data.tar.gz $(notdir $(DATA))
	@tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C build -czf $(RELEASE)/metamsc-site.tar.gz site
	@cp build/site/explorer.html CITATION.cff $(RELEASE)
	@sed -n '/^## /,$$p' CHANGELOG.md | sed '1d; /^## /,$$d' > $(RELEASE)/NOTES.md
	@cd $(RELEASE) && sha256sum * > SHA256SUMS
	@ls $(RELEASE)

test: $(STAMP)  ## run the tests
	$(BIN)/python -m pytest -n 2

lint: $(STAMP)  ## style, formatting and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(STAMP)  ## put the code in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

FUZZ_SECONDS ?= 60
FUZZ_SEED ?= 0
FUZZ_RUNS ?= -1
FUZZ_TARGETS ?= load plan import
FUZZ_LIBRARY := build/fuzz/lib/.installed

$(FUZZ_LIBRARY): $(STAMP) requirements-fuzz.txt
	@$(BIN)/python -m pip install --quiet --upgrade --require-hashes --no-deps --target $(@D) -r requirements-fuzz.txt
	@touch $@

fuzz-library: $(FUZZ_LIBRARY)  # fails where there is no atheris for this Python or system

fuzz: $(FUZZ_LIBRARY)  ## spoiled records, plans and tables, led by coverage, for FUZZ_SECONDS=60 each (Linux)
	@for target in $(FUZZ_TARGETS); do \
		mkdir -p build/fuzz/$$target; \
		PYTHONHASHSEED=0 PYTHONPATH=$(<D) $(BIN)/python tests/fuzz/fuzz_$$target.py build/fuzz/$$target tests/fuzz/corpus/$$target \
			-seed=$(FUZZ_SEED) -runs=$(FUZZ_RUNS) -max_total_time=$(FUZZ_SECONDS) \
			-max_len=4000 -timeout=30 -artifact_prefix=build/fuzz/ \
			-print_final_stats=1 > build/fuzz/$$target.log 2>&1 || { tail -n 80 build/fuzz/$$target.log; exit 1; }; \
		echo "fuzz $$target: $$(sed -n 's/^stat::number_of_executed_units: *//p' build/fuzz/$$target.log) inputs, no finding"; \
	done

bench: $(STAMP)  ## speed, side by side with peers, as ratios
	@for file in benchmarks/bench_*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

bench-errors: $(STAMP)  ## mistakes of extraction made on purpose: how many `metamsc check` finds
	$(BIN)/python benchmarks/error_injection.py

schema: $(STAMP)  ## write the JSON Schemas of records and plans anew from the models
	$(BIN)/python -m metamsc.records.schema
	$(BIN)/python -m metamsc.analysis.schema

figures: $(STAMP)  ## draw the figures of the README and docs anew
	$(BIN)/python docs/draw_figures.py

lock:  ## resolve requirements.lock anew (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --all-extras --no-emit-index-url --no-header \
		--upgrade pyproject.toml -o requirements.lock

clean:  ## remove what was built
	rm -rf build dist
