# `make test` sets up everything it needs and runs every check.

PYTHON = .venv/bin/python

.PHONY: test env env-dev nlu lint typecheck contracts security clean

test: env-dev nlu lint typecheck contracts security
	@$(PYTHON) -m pytest

env:
	@scripts/prepare product

env-dev:
	@scripts/prepare product-dev

nlu:
	@scripts/prepare nlu

lint:
	@echo "lint"
	@.venv/bin/ruff check --quiet .
	@.venv/bin/ruff format --check --quiet .

typecheck:
	@echo "types"
	@.venv/bin/mypy --no-error-summary

contracts:
	@echo "import contracts"
	@.venv/bin/lint-imports --no-logo >/dev/null || .venv/bin/lint-imports --no-logo

security:
	@echo "security rules"
	@.venv/bin/bandit --quiet --recursive handoff storage -c pyproject.toml

clean:
	rm -rf .venv nlu/.venv nlu/models var .mypy_cache .ruff_cache .hypothesis .coverage
