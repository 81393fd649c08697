# Set up, test and check `made`. `make help` lists the targets.
#
#   PYTHON       the interpreter that makes .venv (3.11 or newer)
#   TORCH_FLAGS  more options for the installation of torch, such as an index with builds for your GPU
#   ARGS         more options for pytest: make test ARGS='-k masks -x'
#   WORKERS      processes that share the fast tests; 0 for one, with --pdb and the like
#   DATA         the data folder for make bench
#   CORPORA      a folder with public bad files for make trust

PYTHON ?= python3
WORKERS ?= 2
BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --no-input --disable-pip-version-check
STAMP := .venv/.installed

# torch's threads would otherwise spin while they wait, and a busy neighbour then slows training many times over.
export OMP_WAIT_POLICY ?= PASSIVE

.DEFAULT_GOAL := help
.PHONY: help .venv test coverage slow check format demo docs wheel bench trust clean

help: ## list the targets
	@sed -n 's/^\([a-z.]*\):[^#]*## /\1 /p' $(MAKEFILE_LIST) | while read -r target text; do printf '  %-8s %s\n' "$$target" "$$text"; done

.venv: $(STAMP) ## set up .venv with everything the tests and checks need

# The stamp goes first and comes back last: an installation that failed leaves none.
$(STAMP): pyproject.toml constraints.txt
	@rm -f $@
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "made needs Python 3.11 or newer; $(PYTHON) is %s. Name another: make PYTHON=python3.11" % sys.version.split()[0])'
	@echo "Making .venv with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv .venv
	@echo "Installing torch (the longest part) ..."
	@$(PIP) install -c constraints.txt $(TORCH_FLAGS) torch
	@echo "Installing made and its development tools ..."
	@$(PIP) install -c constraints.txt -e '.[dev]'
	@touch $@

test: $(STAMP) ## run the tests, without the slow ones (ARGS='-k name')
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(ARGS)

coverage: $(STAMP) ## run the tests, and say which lines of made_cli they run
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --cov=made_cli --cov-report=term-missing:skip-covered $(ARGS)

slow: $(STAMP) ## run the slow tests, the README's session among them
	$(BIN)/python -m pytest -m slow $(ARGS)

check: $(STAMP) ## lint, formatting, types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: $(STAMP) ## format the code and mend what ruff can mend
	$(BIN)/ruff check --fix-only --quiet
	$(BIN)/ruff format

demo: $(STAMP) ## run the README's session; its outputs go to runs/
	$(BIN)/python tests/readme.py

docs: $(STAMP) ## write docs/commands.md and the pictures of docs/architecture.md anew; build the site
	$(BIN)/python -m docs.write_commands
	$(BIN)/python -m docs.draw_architecture
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build
	@echo 'The site is site/index.html; with its search: $(BIN)/python -m http.server --directory site'

wheel: $(STAMP) ## build the wheel, in dist/ (a slow test installs it and runs it)
	@rm -rf build
	$(PIP) wheel --no-deps --no-build-isolation --wheel-dir dist .

bench: $(STAMP) ## time the benchmarks on a data folder (DATA=path)
ifeq ($(strip $(DATA)),)
	@echo "Name the data: make bench DATA=path/to/data (ARGS='-k name' picks benchmarks)" >&2; exit 2
else
	$(BIN)/python -m pytest tests/benchmarks -m '' --benchmark-enable --data '$(DATA)' $(ARGS)
	$(BIN)/python -m tests.benchmarks.ratios
	$(BIN)/python -m tests.benchmarks.growth
	$(BIN)/python -m tests.benchmarks.step_with_rules
	$(BIN)/python -m tests.benchmarks.reading
	$(BIN)/python -m tests.benchmarks.start_up
endif

trust: $(STAMP) ## bad files, damaged folders, failing disks, signals (CORPORA=path, ARGS='--parts folders')
	$(BIN)/python -m tests.trust $(if $(CORPORA),--corpora '$(CORPORA)') $(ARGS)

clean: ## remove caches and build outputs (not .venv, not runs/)
	rm -rf build dist site *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .benchmarks
	find made_cli tests -name __pycache__ -type d -prune -exec rm -rf {} +
