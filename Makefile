PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
HTTPS ?= off
VENV := .venv
BIN := $(VENV)/bin
# In the default order, as transactional tests must be the last ones of each worker: they empty the tables.
PYTEST := $(BIN)/pytest --numprocesses auto

.PHONY: run serve test test-all bench
.DEFAULT_GOAL := run

run: $(VENV)/site .env
	@umask 077; $(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py bootstrap fixtures/partners.tsv --details fixtures/partner_details.tsv --url http://127.0.0.1:$(PORT)
	@$(BIN)/python manage.py runserver 127.0.0.1:$(PORT)

serve: export DEBUG = off
serve: export HTTPS := $(HTTPS)
serve: $(VENV)/site .env
	@umask 077; $(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py collectstatic --noinput --verbosity 0
	@exec $(BIN)/gunicorn --config python:exchange.gunicorn_conf --bind $(HOST):$(PORT) exchange.wsgi

test: $(VENV)/tools
	@$(PYTEST) -m "not slow" $(ARGS)

test-all: export REQUIRE_BROWSER := 1
test-all: export REQUIRE_LIBREOFFICE := 1
test-all: export REQUIRE_NGINX := 1
test-all: export REQUIRE_REDIS := 1
test-all: export REQUIRE_SYSTEMD := 1
test-all: $(VENV)/tools
	@env --unset=TEST_DATABASE_URL $(PYTEST) -m "not postgresql" $(ARGS)
	@.ci/with-postgresql $(PYTEST) -m "(database or postgresql) and not browser and not libreoffice" $(ARGS)

bench: $(VENV)/site
	@$(BIN)/python -m bench.imports $(ARGS)
	@$(BIN)/python -m bench.public $(PUBLIC)
	@echo
	@$(BIN)/python -m bench.proxy $(PROXY)
	@echo
	@$(BIN)/python -m bench.office $(OFFICE)
	@echo
	@$(BIN)/python -m bench.names $(NAMES)

.env:
	@(umask 077; $(PYTHON) -c 'import secrets; print(f"SECRET_KEY={secrets.token_urlsafe(50)}\nDEBUG=on")' > $@)

$(VENV)/site: requirements.txt constraints.txt | $(VENV)
	@echo "Installing the dependencies ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements.txt
	@touch $@

$(VENV)/tools: requirements.txt constraints.txt requirements-dev.txt | $(VENV)
	@echo "Installing the development dependencies ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt
	@touch $@

$(VENV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is required. Choose one with: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv module is missing. On Debian and Ubuntu: sudo apt install python3-venv"; exit 1; }
	@$(PYTHON) -m venv $@ || { rm -rf $@; exit 1; }
