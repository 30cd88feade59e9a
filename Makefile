# Watchfloor's own set-up. Everything a user needs: make demo, make test, make lab.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help demo test test-all check score docs lab lab-down release lock clean

help:  ## show the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.run  ## the example center on this machine: simulated gear, monitor and NOC page
	@$(BIN)/watchfloor demo

test: $(VENV)/.dev  ## every check and every quick test (as root on Debian: with real hosts)
	@tests/run

test-all: $(VENV)/.dev  ## the slow tests, too: a virtual machine, long runs
	@tests/run all

check: $(VENV)/.dev  ## the static checks alone
	@tests/run static

score: $(VENV)/.dev  ## compare the profiles with what is expected of recorded devices
	@$(BIN)/python -m bench.score $(ARGS)

docs: $(VENV)/.dev  ## write docs/monitoring.md anew from the code
	@$(BIN)/python -m monitors.documentation docs/monitoring.md

bench: $(VENV)/.dev  ## measure speed beside Debian's exporters and ansible-core (as root on Debian)
	@$(BIN)/python -m bench $(ARGS)

lab: $(VENV)/.dev  ## boot the example center's real hosts (root, Debian)
	@$(BIN)/python -m tests.lab up

lab-down: $(VENV)/.dev  ## remove what `make lab` made
	@$(BIN)/python -m tests.lab down

release: $(VENV)/.run  ## Watchfloor itself as one file, for hosts that reach no package index
	@mkdir -p dist && cd dist && ../$(BIN)/watchfloor release $(ARGS)

lock: $(VENV)/.dev  ## resolve the dependencies anew into requirements/ (needs uv)
	@$(BIN)/python requirements/lock.py

clean:  ## remove the virtual environment and the caches
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist

$(VENV)/.run: requirements/run.txt pyproject.toml
	@PYTHON="$(PYTHON)" requirements/install run.txt

$(VENV)/.dev: requirements/dev.txt pyproject.toml
	@PYTHON="$(PYTHON)" requirements/install dev.txt
