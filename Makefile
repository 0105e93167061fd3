# The commands of the project. `make` alone lists them.

PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SAM_VENV := $(VENV)-sam
SAM := $(SAM_VENV)/bin/sam
BROWSER_READY := $(VENV)/.browser-ready
BROWSER_TOOLS := $(VENV)/browser-tools
CHECKERS := tests/browser/tools
BUNDLES := desk/bundles/.ready
# Lighthouse takes the time that a page takes, so that nothing else may run.
MEASURED := tests/browser/test_lighthouse.py
BENCH_VENV := $(VENV)-bench
BENCH_READY := $(BENCH_VENV)/.ready
ELEVENTY := bench/themes/eleventy

.DEFAULT_GOAL := help
.PHONY: help ready run desk test reliability mutants browser bench pictures check format types lint edge build lock clean

help:  ## list the commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(READY): requirements/dev.txt
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed, this is " + sys.version) if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	touch $@

# No package's own script is run: the Nu checker's would download a Java.
$(BROWSER_READY): requirements/browser.txt $(CHECKERS)/package-lock.json $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/browser.txt
	mkdir -p $(BROWSER_TOOLS) && cp $(CHECKERS)/package*.json $(BROWSER_TOOLS)
	cd $(BROWSER_TOOLS) && PATH=$(CURDIR)/$(BIN):$$PATH npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	touch $@

ready: $(READY)

# Of locked packages, whose own scripts are not run. Without Node the desk has a plain editor.
desk: $(BUNDLES)  ## bundle the desk's rich-text editor and Word converter, where Node is

$(BUNDLES): desk/package-lock.json $(wildcard desk/rich-text/*.js)
	@if PATH=$(CURDIR)/$(BIN):$$PATH command -v npm >/dev/null; then set -e; \
		export PATH=$(CURDIR)/$(BIN):$$PATH; cd desk; rm -rf bundles; \
		npm ci --ignore-scripts --no-audit --no-fund --loglevel=error; \
		node_modules/.bin/esbuild rich-text/rich-text.js rich-text/word.js --bundle --minify --format=esm \
			--target=es2022 --outdir=bundles --log-level=warning; \
		touch bundles/.ready; \
	else echo 'Node is not there (no npm): the desk gets its plain editor, and reads no Word files.' >&2; fi

run: $(READY)  ## start the portal on this machine, with its samples: http://127.0.0.1:$(PORT); TWO_EYES=1: what one submits, another approves
	@$(MAKE) --no-print-directory desk || echo 'The bundles could not be made: the desk gets its plain editor.' >&2
	$(BIN)/python -m local --port $(PORT) $(if $(filter-out 0,$(TWO_EYES)),--two-pairs-of-eyes)

test: check $(READY)  ## check the code and run the tests that need no browser and no patience
	$(BIN)/python -m pytest -n auto --dist worksteal --ignore tests/browser --ignore tests/reliability

reliability: $(READY)  ## fail at every call, try every order: some minutes
	$(BIN)/python -m pytest -n auto --dist worksteal tests/reliability

mutants: $(READY)  ## take each guard out of a copy of the code, and see its tests fail: some minutes
	$(BIN)/python -m tests.mutants

browser: $(BROWSER_READY) $(BUNDLES)  ## run the tests that need a browser: Debian's chromium in /usr/bin, its Noto fonts, and Java 17
	$(BIN)/python -m pytest -n auto --dist loadfile tests/browser --ignore $(MEASURED)
	$(BIN)/python -m pytest $(MEASURED)

bench: $(READY) $(BENCH_READY)  ## count what a change costs, beside Hugo, Pelican and Eleventy: half an hour; BENCH=--help
	$(BIN)/python -m bench $(BENCH)

# What can't be had is named as missing in the report, and the rest is measured all the same.
$(BENCH_READY): requirements/bench.txt $(ELEVENTY)/package-lock.json
	$(PYTHON) -m venv $(BENCH_VENV)
	-$(BENCH_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.txt
	-mkdir -p $(BENCH_VENV)/eleventy && cp $(ELEVENTY)/package*.json $(BENCH_VENV)/eleventy
	-PATH=$(CURDIR)/$(BENCH_VENV)/bin:$$PATH npm ci --silent --prefix $(BENCH_VENV)/eleventy
	touch $@

check: lint types  ## formatter, linter and types

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(READY)
	$(BIN)/mypy

format: $(READY)  ## format the code and mend what the linter can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

pictures: $(BROWSER_READY)  ## take the pictures of the documentation from the running system
	$(BIN)/python -m docs.take_pictures

edge: $(READY)  ## copy the edge functions and the policy's hashes into template.yaml
	$(BIN)/python -m edge.embed

build: $(SAM)  ## build what is deployed, into .aws-sam/
	$(SAM) build

$(SAM): requirements/sam.txt
	$(PYTHON) -m venv $(SAM_VENV)
	$(SAM_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/sam.txt
	touch $@

lock: $(READY) $(BENCH_READY)  ## lock the dependencies anew
	$(BIN)/python -m pip install --quiet uv
	cd layers/dependencies && $(CURDIR)/$(BIN)/uv pip compile --upgrade --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --no-emit-index-url requirements.in --output-file requirements.txt
	for lock in dev browser sam bench; do $(BIN)/uv pip compile --upgrade --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --no-emit-index-url requirements/$$lock.in --output-file requirements/$$lock.txt; done
	for folder in $(ELEVENTY) $(CHECKERS) desk; do PATH=$(CURDIR)/$(BENCH_VENV)/bin:$$PATH npm update --package-lock-only \
		--ignore-scripts --omit-lockfile-registry-resolved --prefix $$folder; done

clean:  ## remove what the commands made
	rm -rf desk/bundles desk/node_modules
	rm -rf $(VENV) $(SAM_VENV) $(BENCH_VENV) .aws-sam .bench .local .mypy_cache .ruff_cache .pytest_cache .hypothesis
