#!/usr/bin/env bash
# Writes the locks anew from pyproject.toml: every package by version and hash, no registry's address. `--upgrade` takes newer versions.
set -euo pipefail
cd "$(dirname "$0")/.."
export SSL_CERT_FILE=${SSL_CERT_FILE:-${PIP_CERT:-/etc/ssl/certs/ca-certificates.crt}}

compile() {
  .venv/bin/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links \
    --custom-compile-command "./dev lock" "$@"
}

compile pyproject.toml --output-file requirements.lock "$@"
compile pyproject.toml --group dev --constraints requirements.lock --output-file requirements-dev.lock "$@"
compile --group bench --constraints requirements.lock --output-file requirements-bench.lock "$@"
compile --group web --output-file requirements-web.lock "$@"
