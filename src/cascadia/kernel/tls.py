"""Whom TLS connections trust."""

import ssl
from pathlib import Path


def trust(ca_bundle: Path | None) -> ssl.SSLContext:
    """A client's context: the system's authorities, and those of `ca_bundle` (PEM) besides."""
    context = ssl.create_default_context()
    if ca_bundle:
        context.load_verify_locations(cafile=ca_bundle)
    return context
