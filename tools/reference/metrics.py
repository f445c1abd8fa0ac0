"""The page of metrics: what `/metrics` of app servers and workers counts."""

import ast
from collections.abc import Iterator
from typing import Final

from tools.reference import source
from tools.reference.source import Module

PAGE: Final = """# Metrics

Generated from the source; do not edit. How to collect them is in [watch a server](../how-to/watch-a-server.md).

`GET /metrics` of an app server and, on `HEALTH_PORT`, of a worker answers in the text format of Prometheus. Each process counts what
it did itself since it started, but for the gauges of queues: those are read from the database, so that they are the same everywhere.
A histogram has `_bucket`, `_sum` and `_count`.

| name | kind | labels | what it is |
|---|---|---|---|
{rows}
"""
KINDS: Final = {"Counter": "counter", "Gauge": "gauge", "Histogram": "histogram", "Summary": "summary", "Info": "info"}


def page() -> str:
    """The whole page."""
    rows = sorted(row for module in source.modules() for row in _metrics(module))
    return PAGE.format(rows="\n".join(rows))


def _metrics(module: Module) -> Iterator[str]:
    if not any(isinstance(node, ast.ImportFrom) and node.module == "prometheus_client" for node in module.tree.body):
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KINDS:
            yield _row(module, node.func.id, node)


def _row(module: Module, kind: str, call: ast.Call) -> str:
    given: dict[str, ast.expr] = {k.arg: k.value for k in call.keywords if k.arg}
    name, words = (source.texts(argument, {k: (v,) for k, v in module.texts.items()}) for argument in call.args[:2])
    if not name or not words:
        raise source.NotReadable(f"{module.place(call)}: say the name of a metric and what it is as texts")
    labels = call.args[2] if len(call.args) > 2 else given.get("labelnames")
    elements = labels.elts if isinstance(labels, ast.List | ast.Tuple) else []
    return f"| `{name[0]}` | {KINDS[kind]} | {', '.join(f'`{label}`' for each in elements for label in source.texts(each))} | {words[0]} |"
