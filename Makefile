SHELL := /bin/bash
MAKEFLAGS += --no-print-directory
.NOTPARALLEL:
.DEFAULT_GOAL := help

BIN := .venv/bin

.PHONY: help
help: ## list the targets
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

.PHONY: demo
demo: environment ## run the demonstration, with no server and no configuration
	@$(BIN)/shouwen demo $(ARGS)

.PHONY: up
up: environment ## run all four services in one process, with no server
	@$(BIN)/shouwen up $(ARGS)

.PHONY: test
test: environment servers ## run every check and every test, against real servers
	@$(BIN)/python -m tests $(ARGS)

.PHONY: unit
unit: environment ## run the fast tests only, with no server
	@$(BIN)/python -m tests tests/unit tests/contract $(ARGS)

.PHONY: bench
bench: environment servers ## measure, with peers side by side, and print one table; ARGS="pairs bulk --seconds 30"
	@$(BIN)/python -m bench $(ARGS)

.PHONY: check
check: environment ## check style, types, import rules, published schemas and docs/regulation.md
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m contracts.generate --check
	$(BIN)/python tools/regulation_page.py --check

.PHONY: contracts
contracts: environment ## write the published schemas anew
	$(BIN)/python -m contracts.generate

.PHONY: regulation
regulation: environment ## write docs/regulation.md anew, from the tables and the rule book
	$(BIN)/python tools/regulation_page.py

.PHONY: format
format: environment ## put the code into form
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

.PHONY: lock
lock: environment ## bring requirements.txt up to date with pyproject.toml
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --extra dev --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-annotate --python-version 3.11 \
		--custom-compile-command 'make lock' --quiet --output-file requirements.txt

.PHONY: environment
environment: ## make .venv, if it is missing or out of date
	@tools/make-environment.sh

.PHONY: servers
servers: ## install PostgreSQL and RabbitMQ for the tests, if they are missing
	@tools/install-servers.sh

.PHONY: clean
clean: ## remove what was built; the records in .shouwen stay
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .import_linter_cache .hypothesis
