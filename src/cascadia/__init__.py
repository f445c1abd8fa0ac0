"""Cascadia: product lifecycle management in one program.

The packages form layers, each importing only from those below it (`import-contracts.ini` is the list, checked). `settings`,
`ports` and `migrations` stand outside the layers.
"""

__version__ = "0.1.0"
