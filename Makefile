# deckgen: each target sets up what it needs. Nothing is installed outside of .venv and .venv-dev.

PYTHON ?= $(shell for p in python3.14 python3.13 python3.12 python3.11 python3 python; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
INSTALL = -m pip install --quiet --disable-pip-version-check --require-hashes --requirement
DECK = .venv/installed
DEV = .venv-dev/installed
OLD_ANKIS = 23.12 24.11 25.9
RUN = .venv-dev/bin/python -m

.PRECIOUS: .venv-anki-%/installed
.PHONY: deck preview test test-long lint types check bench lock clean help

help:  ## what there is
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' Makefile

deck: $(DECK)  ## build build/muscle-memory.apkg
	.venv/bin/python -m deckgen build cards/muscle-memory

preview: $(DEV)  ## see the deck in a browser
	$(RUN) deckgen preview cards/muscle-memory

test: $(DEV)  ## all tests, against real Anki
	$(RUN) pytest --numprocesses=auto -m "not long" tests

test-long: $(DEV) $(OLD_ANKIS:%=.venv-anki-%/installed)  ## the tests that take minutes, too, and older versions of Anki
	DECKGEN_LONG=1 DECKGEN_SEQUENCES=1000 $(RUN) pytest --numprocesses=auto tests
	for version in $(OLD_ANKIS); do .venv-anki-$$version/bin/python -m pytest -s -p no:cacheprovider tests/test_updates.py || exit 1; done

lint: $(DEV)  ## style
	$(RUN) ruff format --check
	$(RUN) ruff check

types: $(DEV)  ## static types
	$(RUN) mypy

check: lint types test  ## all that CI runs

bench: $(DEV)  ## speed, as ratios to naive scripts
	.venv-dev/bin/python bench/run.py
	.venv-dev/bin/python bench/preview.py

lock: $(DEV)  ## resolve the dependencies anew (needs uv)
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header -q --upgrade -o requirements/deck.txt
	uv pip compile pyproject.toml --all-extras --group dev --universal --python-version 3.11 --generate-hashes --no-header -q --upgrade -o requirements/dev.txt
	for version in $(OLD_ANKIS); do echo "anki==$$version" | uv pip compile pyproject.toml - --group stories --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -q --upgrade -o requirements/anki-$$version.txt || exit 1; done

clean:  ## forget what was built and installed
	rm -rf .venv .venv-dev .venv-anki-* build/*.apkg .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(DECK): requirements/deck.txt
	@test -n "$(PYTHON)" || { echo "deckgen needs Python 3.11 or newer with venv (on Debian: apt install python3-venv)"; exit 1; }
	rm -rf .venv
	$(PYTHON) -m venv .venv
	.venv/bin/python $(INSTALL) requirements/deck.txt
	touch $@

$(DEV): requirements/dev.txt
	@test -n "$(PYTHON)" || { echo "deckgen needs Python 3.11 or newer with venv (on Debian: apt install python3-venv)"; exit 1; }
	rm -rf .venv-dev
	$(PYTHON) -m venv .venv-dev
	.venv-dev/bin/python $(INSTALL) requirements/dev.txt
	touch $@

.venv-anki-%/installed: requirements/anki-%.txt
	rm -rf .venv-anki-$*
	$(PYTHON) -m venv .venv-anki-$*
	.venv-anki-$*/bin/python $(INSTALL) requirements/anki-$*.txt
	touch $@
