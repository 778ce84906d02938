# Everything here works on a machine with python3, pip and make only; see docs/developing.md.
# Paths are relative on purpose: the directory may have spaces in its name.

SHELL := /bin/sh
PYTHON ?= python3
VENV_PYTHON := .venv/bin/python
MAKEFLAGS += --no-print-directory
export UV_NO_PROGRESS ?= 1
export PIP_ROOT_USER_ACTION ?= ignore
export UV_PYTHON_PREFERENCE ?= system

# The uv that is installed, else one of our own in .tools; plain pip fetches it.
FIND_UV = uv=$$(command -v uv || echo .tools/bin/uv); [ -x "$$uv" ] \
	|| $(PYTHON) -m pip install --quiet --disable-pip-version-check \
		--target .tools --require-hashes --requirement requirements/uv.txt
MAKE_VENV = [ -x $(VENV_PYTHON) ] || "$$uv" venv --quiet --clear --python '>=3.11' .venv
# pip is the second way, for machines whose package index only pip has been told about.
INSTALL = "$$uv" pip install --quiet --python $(VENV_PYTHON) --require-hashes --requirement $(1) \
	|| $(PYTHON) -m pip --python $(VENV_PYTHON) install --quiet --require-hashes --requirement $(1)
COMPILE = "$$uv" pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	--no-emit-index-url --no-header

# Compiled files are kept: without them, each process spends seconds on compiling the tests.
unexport PYTHONDONTWRITEBYTECODE

# A file goes to one process as a whole, since its tests share what is slow to make. They start
# in the order of collection, which puts the slow ones first (tests/conftest.py).
PYTEST = $(VENV_PYTHON) -m pytest -p no:playwright -n 2 --dist loadfile --no-loadscope-reorder \
	--ignore tests/browser
# What `test-pgbouncer` runs.
POOLED = inbox posts threads
# Each process has a browser, a server and a forum of its own. Tests that look at the same page
# are a group; the others are shared out one by one.
PYTEST_BROWSER = $(VENV_PYTHON) -m pytest -n 2 --dist loadgroup tests/browser

.PHONY: run test test-quick test-fast test-browser test-pgbouncer faults check format \
	requirements chromium trace bench-tree bench-page bench-reply bench-crowd bench-heavy \
	bench-search bench-lists bench-visitors bench-flood bench-admin bench-idle bench-mail \
	bench-budgets bench-lighthouse

## run: start the forum at http://localhost:8000/ (PORT, DATA_DIR, DATABASE_URL, ADMIN_PASSWORD)
run: .venv/.runtime
	@exec $(VENV_PYTHON) manage.py serve --end-with-parent

## test: run all tests, including browser tests
test: .venv/.dev chromium
	@status=0; \
	$(PYTEST) $(ARGS) || status=1; \
	$(PYTEST_BROWSER) $(ARGS) || status=1; \
	[ -n "$$DATABASE_URL" ] || $(VENV_PYTHON) manage.py db stop --unless-used; \
	exit $$status

## test-quick: run the tests that need neither a browser nor much time
test-quick: .venv/.dev
	$(PYTEST) -m "not slow" $(ARGS)

## test-fast: run the tests that need no browser
test-fast: .venv/.dev
	$(PYTEST) $(ARGS)

## test-browser: run the browser tests
test-browser: .venv/.dev chromium
	$(PYTEST_BROWSER) $(ARGS)

## test-pgbouncer: run tests of reading and writing through PgBouncer, with two connections
test-pgbouncer: .venv/.dev
	PREPARED_STATEMENTS=False $(VENV_PYTHON) -m pytest -p no:playwright -p tests.through_pgbouncer -n 0 \
		$(POOLED:%=tests/integration/%) $(ARGS)

## faults: repeat the tests that kill or stop something (ROUNDS, 20)
faults: .venv/.dev
	@for round in $$(seq $(or $(ROUNDS),20)); do echo "Round $$round"; \
		$(PYTEST) -m fault $(ARGS) || exit 1; done

## check: check style, types, layers, templates, migrations and settings
check: .venv/.dev
	@.ci/check

## format: format the code
format: .venv/.dev
	$(VENV_PYTHON) -m ruff check --fix-only .
	$(VENV_PYTHON) -m ruff format .
	find templates -name '*.html' -print0 | xargs -0 .venv/bin/djade --target-version 5.2

## requirements: update the pinned requirements
requirements:
	@$(FIND_UV); \
	$(COMPILE) --upgrade pyproject.toml --output-file requirements/runtime.txt && \
	$(COMPILE) --upgrade pyproject.toml --group dev --constraints requirements/runtime.txt \
		--output-file requirements/dev.txt && \
	echo uv | $(COMPILE) --upgrade - --output-file requirements/uv.txt

## trace: what runs, and what it asks the database, when a reply is posted or a post hidden
trace: .venv/.dev
	@$(VENV_PYTHON) bench/trace.py $(ARGS)

## bench-tree, bench-page, bench-reply, bench-crowd, bench-heavy, bench-search, bench-lists, bench-visitors, bench-flood, bench-admin, bench-idle, bench-mail, bench-budgets, bench-lighthouse: run a benchmark; the last line is JSON
bench-tree bench-page bench-reply bench-crowd bench-heavy bench-search bench-lists bench-visitors bench-flood bench-admin bench-idle bench-mail bench-budgets bench-lighthouse: .venv/.dev
	@$(VENV_PYTHON) bench/$(@:bench-%=%).py $(ARGS)

chromium: .venv/.dev
	@.ci/chromium

.venv/.runtime: requirements/runtime.txt requirements/uv.txt
	@echo 'Installing requirements into .venv ...'
	@$(FIND_UV) && $(MAKE_VENV) && { $(call INSTALL,requirements/runtime.txt); }
	@touch $@

.venv/.dev: requirements/dev.txt requirements/uv.txt
	@echo 'Installing development requirements into .venv ...'
	@$(FIND_UV) && $(MAKE_VENV) && { $(call INSTALL,requirements/dev.txt); }
	@touch $@ .venv/.runtime
