# All paths are relative: make splits an absolute one at the spaces of the folder's name.
LOCK := requirements.lock
BIN  := .venv/bin
# -I: pip runs without the caller's PYTHON* variables and without this folder on its path.
PIP  := $(BIN)/python -I -m pip --disable-pip-version-check
# Three files of tests at a time on two cores: a third of each test is waiting, for other processes. In their order, which
# has the long files of acceptance tests first: none of them is left for the end.
TEST := $(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.NOTPARALLEL:
.SUFFIXES:
.PHONY: help study test check coverage jax faults setup dashboard lock clean environment project

# The caller's Python must not reach ours; pip hears from the caller only how to reach a package registry.
PIP_HEARS := CACHE_DIR CERT CLIENT_CERT CONFIG_FILE DEFAULT_TIMEOUT EXTRA_INDEX_URL FIND_LINKS INDEX_URL KEYRING_PROVIDER \
	NO_CACHE_DIR NO_COLOR NO_INDEX PROGRESS_BAR PROXY RETRIES TIMEOUT TRUSTED_HOST
unexport VIRTUAL_ENV MYPYPATH PYTHONHOME PYTHONPATH PYTHONPLATLIBDIR PYTHONUSERBASE PYTHONEXECUTABLE PYTHONOPTIMIZE \
	PYTHONDONTWRITEBYTECODE PYTHONINSPECT PYTHONWARNINGS PYTHONSAFEPATH \
	$(filter-out $(addprefix PIP_,$(PIP_HEARS)),$(filter PIP_%,$(.VARIABLES)))

help: ## List the targets
	@echo 'studyhall: many workers, one SQLite file, nothing lost.'
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-17s %s\n", $$1, $$2 }'
	@echo 'PYTHON=/path/to/python3.12 chooses the interpreter; make test ARGS="-k storage" hands options to pytest.'

study: setup ## Run the study digits_mlp on two workers to the end
	@$(BIN)/studyhall launch digits_mlp --workers 2
	@echo '       (here: . .venv/bin/activate, then studyhall is on the path)'

test: setup ## Run the tests
	@$(TEST) $(ARGS)

check: setup ## Lint, formatting, imports, types and tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo --no-cache
	$(BIN)/mypy
	$(TEST) $(ARGS)

# A target of its own, since the measuring takes half as much time again. What child processes run is not counted.
coverage: setup ## Run the tests and print which branches of the code they take
	@$(TEST) --cov --cov-report=term $(ARGS)

# JAX is not in the lock. It gets an environment of its own that sees the packages of the other one.
jax: setup ## Install JAX and let a worker on it train, be killed and resume
	@set -eu; \
	rm -rf .venv/jax; \
	$(BIN)/python -I -m venv --without-pip .venv/jax; \
	for packages in "$$PWD"/.venv/lib/python3*/site-packages; do \
		echo "$$packages" > .venv/jax/lib/$$(basename "$$(dirname "$$packages")")/site-packages/locked.pth; \
	done; \
	.venv/jax/bin/python -I -m pip --disable-pip-version-check install --quiet --only-binary :all: --no-build-isolation \
		--editable '.[jax]'; \
	.venv/jax/bin/python -m pytest tests/studies/execution/test_worker.py -k jax $(ARGS)

faults: setup ## Inject every fault of the table for real and print what each cost
	@$(BIN)/pytest tests/faults -m '' $(ARGS)

dashboard: setup ## Browse the studies of this folder at http://127.0.0.1:8080/
	@$(BIN)/studyhall dashboard

setup: environment project ## Make .venv: the locked packages, and studyhall as it is in this folder

# uv keeps the versions that are in the file as long as pyproject.toml allows them.
lock: setup ## Lock the packages of pyproject.toml; ARGS=--upgrade takes the newest of all
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --group dev pyproject.toml \
		--custom-compile-command 'make lock' --output-file $(LOCK) $(ARGS)

clean: ## Remove .venv and all caches; studies and their files stay
	rm -rf .venv .import_linter_cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage build dist
	find objectives storage studies tests -type d -name __pycache__ -prune -exec rm -rf {} +

# .venv is made anew when the lock changes (so that nothing of the old one stays), when the folder was moved (its scripts
# hold the path), when its interpreter is gone, and when PYTHON asks for another. `made-from` is written last: without it
# .venv is half-made.
environment:
	@set -eu; \
	made_from=$$(pwd -P; cksum $(LOCK)); \
	identity() { "$$1" -I -c 'import sys; print(sys.version, sys.base_prefix)' 2>/dev/null; }; \
	if [ "$$made_from" = "$$(cat .venv/made-from 2>/dev/null)" ] && here=$$(identity $(BIN)/python) && \
		{ [ -z "$${PYTHON:-}" ] || [ "$$here" = "$$(identity "$$PYTHON")" ]; }; then exit 0; fi; \
	set -- python3.13 python3.12 python3.11 python3; \
	if [ -n "$${PYTHON:-}" ]; then set -- "$$PYTHON"; fi; \
	found=; lacking=; \
	for python; do \
		version=$$("$$python" -I -c 'import sys; v = sys.version_info[:2]; (3, 11) <= v <= (3, 13) and print("%d.%d" % v)' \
			2>/dev/null) && [ -n "$$version" ] || continue; \
		if "$$python" -I -c 'import ensurepip, venv' 2>/dev/null; then found=$$python; break; fi; \
		lacking=$${lacking:-$$version}; \
	done; \
	if [ -z "$$found" ] && [ -n "$$lacking" ]; then \
		echo "Python $$lacking is here, but not the part that makes environments. Install it, then repeat make:" \
			"sudo apt-get install python$$lacking-venv" >&2; exit 1; \
	elif [ -z "$$found" ] && [ -n "$${PYTHON:-}" ]; then \
		echo "PYTHON=$$PYTHON is no Python 3.11, 3.12 or 3.13. Name another, or leave PYTHON out and make searches." >&2; \
		exit 1; \
	elif [ -z "$$found" ]; then \
		packages='python3 python3-venv'; \
		for version in 3.13 3.12 3.11; do \
			if apt-cache show python$$version-venv >/dev/null 2>&1; then \
				packages="python$$version python$$version-venv"; break; \
			fi; \
		done; \
		echo "studyhall needs Python 3.11, 3.12 or 3.13, and none is here. Install one, then repeat make:" \
			"sudo apt-get install $$packages (or name yours: make PYTHON=/path/to/python3.12)" >&2; exit 1; \
	fi; \
	echo "Making .venv with Python $$version: 2.6 GB of packages, about a minute and the download."; \
	trap 'rm -rf .venv' EXIT; trap 'exit 130' INT TERM HUP; \
	rm -rf .venv; \
	"$$found" -I -m venv .venv; \
	$(PIP) install --only-binary :all: --require-hashes -r $(LOCK); \
	echo "$$made_from" > .venv/made-from; \
	trap - EXIT

# The environment runs the code of this folder. Tests that drive the command make a normal install for themselves, since
# an editable one would hide what a user's own folder `objectives` or `storage` does.
project:
	@set -eu; \
	made_from=$$(cksum pyproject.toml); \
	if [ "$$made_from" = "$$(cat .venv/installed-from 2>/dev/null)" ]; then exit 0; fi; \
	rm -f .venv/installed-from; \
	$(PIP) install --quiet --no-index --no-deps --no-build-isolation --editable .; \
	echo "$$made_from" > .venv/installed-from
