"""What the CAD zygote imports once, so that a child is forked with OpenCASCADE loaded."""

from cascadia.cad import native

native.load()

from cascadia.cad import child  # noqa: E402 - after the libraries that OpenCASCADE is linked with

__all__ = ["child"]
