# `make` prints what there is to do. Everything works on a fresh clone with a Rust toolchain and a C compiler.

CARGO ?= cargo

.PHONY: help
help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## Build, then show the whole line at work against simulated platforms (about a minute)
	$(CARGO) build --locked --release -p cli
	target/release/shipbridge demo --once

.PHONY: test
test: ## Every test: units, conformance, HTTP, end to end, simulation, faults with real servers, architecture
	$(CARGO) test --locked --workspace

.PHONY: lint
lint: ## rustfmt, clippy and rustdoc, none of them with a warning
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --workspace --no-deps --document-private-items

.PHONY: deny
deny: ## Licences, bans and sources of the dependencies (needs cargo-deny; skipped with a line where it is missing)
	@if command -v cargo-deny >/dev/null; then cargo deny --offline check bans licenses sources; \
	else echo "SKIPPED: cargo-deny is not installed (cargo install --locked cargo-deny)"; fi

.PHONY: deploy-check
deploy-check: ## Validate what is under deploy/ with the tools that exist for it (installs them under target/)
	deploy/validate

.PHONY: ci
ci: lint deny deploy-check test fault-control ## What the continuous integration runs

.PHONY: bench
bench: ## Measure: webhooks, RabbitMQ receiver against peers, workers, start-up, memory, calls (about 10 min; Node.js for one peer)
	$(CARGO) bench --locked -p cli --bench load

.PHONY: fault-test
fault-test: ## 2,000 orders through RabbitMQ and PostgreSQL while both are stopped, cut off and killed (ten minutes)
	SHIPBRIDGE_FAULTS=long $(CARGO) test --locked -p cli --test faults -- --nocapture

.PHONY: fault-control
fault-control: ## The same, short, with one guard broken on purpose: the checker must turn red
	$(CARGO) test --locked -p cli --test faults --features unguarded -- --nocapture

.PHONY: kill-test
kill-test: ## kill -9 of a run at 20 random moments of 500 orders (the short form is part of `make test`)
	SHIPBRIDGE_KILLS=20 SHIPBRIDGE_KILL_ORDERS=500 $(CARGO) test --locked -p cli --test e2e kill -- --nocapture
