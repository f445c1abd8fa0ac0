"""The OpenAPI document as one page for people: plain HTML made here, without scripts, so that it works under any policy."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, Final

from cascadia.api.openapi import walk

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "Cache-Control": "no-cache",
}
STYLE: Final = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
body { margin: 0 auto; max-width: 64rem; padding: 1rem }
summary { cursor: pointer; padding: .35rem 0 }
summary code { font-weight: 600 }
details { border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent) }
details > div { padding: 0 0 1rem 1rem }
table { border-collapse: collapse; width: 100% }
td { border-bottom: 1px solid color-mix(in srgb, currentColor 15%, transparent) }
td { padding: .2rem .6rem .2rem 0; vertical-align: top }
.method { display: inline-block; font-weight: 700; min-width: 4.5rem }
.quiet { opacity: .75 }
"""
REF: Final = "#/components/schemas/"


def page(document: Mapping[str, Any]) -> bytes:
    """The page, to be sent with `HEADERS`."""
    return "".join(_html(document)).encode()


def _html(document: Mapping[str, Any]) -> Iterator[str]:
    info = document["info"]
    yield f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(info["title"])} API</title>'
    yield f"<style>{STYLE}</style></head><body><h1>{escape(info['title'])} API {escape(info['version'])}</h1>"
    yield from (f"<p>{_text(part)}</p>" for part in info["description"].split("\n\n"))
    yield '<p>For programs: <a href="/api/v1/openapi.json">openapi.json</a></p>'
    by_tag: dict[str, list[tuple[str, str, Mapping[str, Any]]]] = defaultdict(list)
    for path, method, operation in walk(document):
        by_tag[(operation.get("tags") or ["other"])[0]].append((path, method, operation))
    for tag, found in by_tag.items():
        yield f'<h2 id="{escape(tag)}">{escape(tag.capitalize())}</h2>'
        for entry in found:
            yield from _operation(*entry)
    yield "<h2>Shapes</h2>"
    for name, schema in document["components"]["schemas"].items():
        yield from _shape(name, schema)
    yield "</body></html>"


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> Iterator[str]:
    said = operation.get("description", operation.get("summary", ""))
    yield f'<details id="{escape(operation["operationId"])}"><summary><span class="method">{method.upper()}</span> '
    yield f"<code>{escape(path)}</code> {_text(said.splitlines()[0] if said else '')}</summary><div>"
    name = escape(operation["operationId"])
    repeat = "may be repeated" if operation["x-idempotent"] else "is not to be repeated"
    yield f'<p class="quiet">Permission <code>{escape(operation["x-permission"])}</code>; {repeat}; <code>{name}</code></p>'
    if operation.get("parameters"):
        yield "<table>"
        for parameter in operation["parameters"]:
            need = "" if parameter.get("required") else " (optional)"
            yield f"<tr><td><code>{escape(parameter['name'])}</code><td>{parameter['in']}{need}"
            yield f"<td>{_type(parameter['schema'])}<td>{_text(parameter.get('description', ''))}</tr>"
        yield "</table>"
    if "requestBody" in operation:
        yield f"<p>Body: {_contents(operation['requestBody'])}</p>"
    yield "<table>"
    for status, response in operation["responses"].items():
        yield f"<tr><td>{status}<td>{_text(response['description'])}<td>{_contents(response)}</tr>"
    yield "</table></div></details>"


def _contents(holder: Mapping[str, Any]) -> str:
    return ", ".join(
        f"<code>{escape(media)}</code> {_type(content.get('schema', {}))}" for media, content in holder.get("content", {}).items()
    )


def _shape(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    yield f'<details id="shape-{escape(name)}"><summary><code>{escape(name)}</code> {_text(schema.get("description", ""))}</summary><div>'
    if "properties" not in schema:
        yield f"<p>{_type({k: v for k, v in schema.items() if k != 'description'})}</p>"
    else:
        required = set(schema.get("required", ()))
        yield "<table>"
        for member, kind in schema["properties"].items():
            need = "" if member in required else " (optional)"
            yield f"<tr><td><code>{escape(member)}</code>{need}<td>{_type(kind)}<td>{_text(kind.get('description', ''))}</tr>"
        yield "</table>"
    yield "</div></details>"


def _type(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        name = escape(schema["$ref"].removeprefix(REF))
        return f'<a href="#shape-{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(f"<code>{escape(str(value))}</code>" for value in schema["enum"])
    if "const" in schema:
        return f"<code>{escape(str(schema['const']))}</code>"
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if isinstance(schema.get("additionalProperties"), Mapping):
        return f"map of {_type(schema['additionalProperties'])}"
    return escape(str(schema.get("format", schema.get("type", "any"))))


def _text(text: str) -> str:
    """Escaped, with `code` between backticks."""
    pieces = escape(" ".join(text.split()), quote=False).split("`")
    return "".join(f"<code>{piece}</code>" if index % 2 else piece for index, piece in enumerate(pieces))
