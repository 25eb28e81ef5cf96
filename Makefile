# Two commands matter: `make demo` and `make test`. Both set everything up first.
.PHONY: help setup demo test lint check format bench peers clean

help:    ## show this
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## */  make \1\t/' | expand -t 16

setup:   ## make .venv with pinned versions, Lava and lava-dl included (idempotent)
	@scripts/setup

demo: setup   ## run the whole story on real input
	@.venv/bin/lava-fed demo

test: setup   ## run the tests, as many at a time as there are cores
	@.venv/bin/python -m pytest -n auto

lint: setup   ## style, types and the import contract
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

check: lint test   ## everything that CI asks for

format: setup   ## rewrite the code in the house style
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

bench: setup   ## measure the emulator beside its peers, the machine's ceiling, and growth
	@.venv/bin/python -m benchmarks

peers:   ## make .venv-peers with the simulators that make bench compares with, pinned (idempotent)
	@scripts/setup-peers

clean:   ## remove what setup, tests and the demo made
	rm -rf .venv .venv-peers .mypy_cache .ruff_cache .pytest_cache .hypothesis demo
