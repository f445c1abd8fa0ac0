"""What the zygote of documents imports once."""

from cascadia.previews import child

__all__ = ["child"]
