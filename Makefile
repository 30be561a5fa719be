# Two commands: `make run` serves, `make test` checks. Both set up everything they need.

PYTHON = .venv/bin/python

.PHONY: run test faults nlu-report env env-dev nlu lint typecheck contracts security compose clean

run: env nlu
	@$(PYTHON) scripts/run.py

test: env-dev nlu lint typecheck contracts security compose
	@$(PYTHON) -m pytest -n 4 --dist loadfile

faults: env-dev
	@$(PYTHON) -m tests.faults.long

nlu-report: nlu
	@nlu/.venv/bin/python -W ignore nlu/report.py
	@nlu/.venv/bin/python -W ignore nlu/facts.py

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
	@.venv/bin/bandit --quiet --recursive bot handoff storage -c pyproject.toml

compose:
	@echo "compose schema"
	@.venv/bin/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml >/dev/null

clean:
	rm -rf .venv nlu/.venv nlu/models var .mypy_cache .ruff_cache .hypothesis .coverage
