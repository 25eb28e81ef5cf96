# Two commands matter: `make demo` and `make test`. Both set everything up first.
.PHONY: setup demo test check format bench clean

setup:            ## make .venv with pinned versions (Lava and lava-dl included)
	@scripts/setup

demo: setup       ## run the whole story on real input
	@.venv/bin/lava-fed demo

test: setup       ## run the tests
	@.venv/bin/python -m pytest

check: setup      ## everything CI asks for beside the tests: style, types, import contract
	@scripts/check

format: setup     ## rewrite the code in the house style
	@.venv/bin/ruff check --fix . && .venv/bin/ruff format .

bench: setup      ## measure the emulator beside Lava, as a ratio
	@.venv/bin/python -m benchmarks.emulator_and_lava

clean:            ## remove what setup and runs made
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis demo
