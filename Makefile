# Two commands do everything: `make run` and `make test`. Each sets up by itself and works offline from then on.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
SETUP := $(VENV)/.setup

.PHONY: run test check release vendor screenshots bench clean help

help:            ## this list
	@grep -E '^[a-z]+:.*##' Makefile | sed 's/:.*##/\t/'

$(SETUP): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "spinecode needs Python 3.11 or later; name one with: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test]'
	touch $(SETUP)

run: $(SETUP)    ## set up, code the sample descriptions, serve the web page on PORT (8000)
	$(BIN)/python -m spinecode select shapes/examples
	$(BIN)/python -m spinecode differ 62321 62323
	$(BIN)/python -m spinecode serve --port $(PORT)

test: $(SETUP)   ## set up, run all tests
	$(BIN)/python -m ruff check
	$(BIN)/python -m ruff format --check
	$(BIN)/python -m mypy
	$(BIN)/python -m pytest -n 2

# another engine, which the tests of `--engine spark` skip without; .ci/run installs it
$(VENV)/.spark: $(SETUP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test,spark]'
	touch $@

release: $(SETUP) ## check the ontology, write the files of its version to dist/
	$(BIN)/python -m spinecode check
	$(BIN)/python -m spinecode release dist

vendor:          ## build the editor of the SPARQL page anew from npm; server/vendor/package.json has its version
	cd server/vendor && npm ci --ignore-scripts --no-audit --no-fund && npm run build

screenshots: $(SETUP) ## take the pictures that the README shows anew; needs Chromium
	$(BIN)/python docs/screenshots.py "right L4-5 and L5-S1 TFESI under fluoro" 62321 62323

$(VENV)/.bench: $(SETUP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test,bench]'
	touch $@

bench: $(VENV)/.bench ## measure everything against peers, which it installs, and write bench/RESULTS.md (BENCH=--quick)
	$(BIN)/python bench/run.py $(BENCH)

clean:           ## remove what was set up
	rm -rf $(VENV)
