# `make demo` and `make test` do everything on a fresh machine. The rest is for daily work.
.DEFAULT_GOAL := help
.PHONY: help setup web build demo dev check fix test test-rust test-web test-browser test-peers openapi quality bench sqlx

help: ## Show what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: ## Install what is missing
	@scripts/setup

# Built only when a source is newer than the result.
WEB_SOURCES := $(shell find web -type f -not -path '*/node_modules/*' -not -path 'web/dist/*' -not -path 'web/tests/*' 2>/dev/null)
web/dist/widget.js: $(WEB_SOURCES)
	@echo "building the web pages"
	@cd web && npm run --silent build

web: setup web/dist/widget.js ## Build the widget and the dashboard

build: web ## Build the server, optimised
	cargo build --release -p server

demo: build ## Run the server with a demonstration shop
	@target/release/rapport demo $(ARGS)

dev: web ## Run the demonstration from a development build
	cargo build -p server
	target/debug/rapport demo --data-dir .dev/data $(ARGS)

check: ## The fast loop: formatting, lints, types
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --quiet -- -D warnings
	cd web && npm run --silent lint && npm run --silent check

fix: ## Format everything
	cargo fmt --all
	cd web && npm run --silent format

test: ## Everything: Rust, web, browser
	@scripts/setup tests
	@$(MAKE) --no-print-directory web/dist/widget.js
	@$(MAKE) --no-print-directory check test-rust test-web openapi-fresh test-browser
	@echo "all tests passed"

test-rust: ## Rust tests, on real databases
	cargo build -p server
	@if command -v cargo-nextest >/dev/null; then cargo nextest run --workspace --no-fail-fast; else cargo test --workspace --no-fail-fast; fi

test-web: ## Web unit tests
	cd web && npm test

test-browser: ## Browser tests, against the real server too
	cargo build -p server
	cd web && npm run --silent test:e2e

test-peers: ## Other people's libraries against the real server
	cargo build -p server
	tests/peers/run

openapi: ## Renew the TypeScript client's types from the server
	cargo build -p server
	target/debug/rapport openapi > openapi.json
	cd web && npm run --silent api:gen

.PHONY: openapi-fresh
openapi-fresh:
	@target/debug/rapport openapi > target/openapi.json
	@cmp -s target/openapi.json openapi.json || { echo "openapi.json is stale: run 'make openapi' and commit the result"; exit 1; }
	@cd web && npx openapi-typescript ../openapi.json -o ../target/schema.d.ts --alphabetize >/dev/null && cmp -s ../target/schema.d.ts shared/api/schema.d.ts \
		|| { echo "web/shared/api/schema.d.ts is stale: run 'make openapi' and commit the result"; exit 1; }

DATA_SETS ?= $(or $(RAPPORT_SHARED),../shared)/data
quality: ## Measure retrieval and confidence on public data
	@if [ -d "$(DATA_SETS)" ]; then cargo run --release -p server -- eval --public "$(DATA_SETS)" --cache target/quality-cache; \
		else echo "skipped: there are no public data sets in $(DATA_SETS); docs/answer-quality.md names them"; fi
	cargo test --release -p knowledge --test quality -- --nocapture

bench: web ## Measure speed and memory
	bench/run

sqlx: ## Renew the cache of checked SQL
	scripts/sqlx-cache
