"""What a request is addressed to: one host, a path, and a method that the path takes."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cascadia.api import problems

PARAMETER: Final = "{"


@dataclass(frozen=True, slots=True)
class Address:
    """A path as it was declared, and the methods that it takes; HEAD stands for itself where a route of its own answers it."""

    template: str
    pattern: re.Pattern[str]
    methods: frozenset[str]

    @property
    def allow(self) -> str:
        """The value of `Allow`."""
        return ", ".join(sorted(self.methods | ({"HEAD"} if "GET" in self.methods else set())))

    def gives_way_to(self, other: "Address") -> bool:
        """Whether a path can be both, and has a fixed segment of `other` where this takes any value."""
        if self.template.count("/") != other.template.count("/"):
            return False
        pairs = list(zip(self.template.split("/"), other.template.split("/"), strict=True))
        first = next((theirs for own, theirs in pairs if own != theirs), PARAMETER)
        return PARAMETER not in first and all(own == theirs or PARAMETER in own + theirs for own, theirs in pairs)


class Addresses:
    """Every address of the API; the more fixed one stands for a path that could be two."""

    def __init__(self, served: Iterable[tuple[str, re.Pattern[str], frozenset[str]]]) -> None:
        merged: dict[str, Address] = {}
        for template, pattern, methods in served:
            known = merged.get(template)
            merged[template] = Address(template, pattern, methods | known.methods if known else methods)
        every = list(merged.values())
        self.allow: str = ", ".join(sorted({"HEAD", "OPTIONS"}.union(*(address.methods for address in every))))
        """The value of `Allow` for the server as a whole."""
        self._fixed: Sequence[Address] = [a for a in every if any(b.gives_way_to(a) for b in every)]
        self._others: Sequence[Address] = [a for a in every if a not in self._fixed]

    def fixed(self, path: str) -> Address | None:
        """The address that this path is, where another one with a parameter would take it too."""
        return next((address for address in self._fixed if address.pattern.match(path)), None)

    def find(self, path: str) -> Address | None:
        """The address that this path is."""
        return self.fixed(path) or next((address for address in self._others if address.pattern.match(path)), None)


class Addressed:
    """Refuses what is addressed to no host or two (400), and a method that its path does not take (405); answers HEAD by GET.

    `OPTIONS *` asks the server as a whole what it takes.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if not _names_one_host(scope):
            await problems.wrong_host()(scope, receive, send)
            return
        addresses: Addresses = scope["app"].state.addresses
        if (scope["method"], scope["path"]) == ("OPTIONS", "*"):
            await Response(status_code=204, headers={"Allow": addresses.allow})(scope, receive, send)
            return
        find = addresses.find if scope["method"] == "HEAD" else addresses.fixed
        address = find(scope["path"])
        method = "GET" if scope["method"] == "HEAD" and address and "HEAD" not in address.methods else scope["method"]
        if address and method not in address.methods:
            await problems.method_not_allowed(address.allow)(scope, receive, send)
        elif method != scope["method"]:
            await self._head(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _head(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Status and headers of the answer to GET; it is over with them, also where its content would go on."""
        scope["state"]["head"] = True
        inner, begun = {**scope, "method": "GET"}, False

        async def sending(message: Message) -> None:
            nonlocal begun
            if not begun:
                begun = True
                await send(message)
                await send({"type": "http.response.body", "body": b""})

        await self._app(inner, receive, sending)
        scope["route"] = inner.get("route")


def _names_one_host(scope: Scope) -> bool:
    """As RFC 9112 3.2 asks; HTTP/1.0 knew no `Host`."""
    hosts = sum(name == b"host" for name, _ in scope["headers"])
    return hosts == 1 or (not hosts and str(scope["http_version"]) == "1.0")
