"""What the CAD zygote imports once, so that a child is forked with OpenCASCADE loaded."""

import os

from cascadia.cad import native

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy would start threads, and a zygote forks safely only without
native.load()

from cascadia.cad import child  # noqa: E402 - after the libraries that OpenCASCADE is linked with

__all__ = ["child"]
