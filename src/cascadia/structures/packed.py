"""What reading a packed file raises where it is damaged, locked by a password, or packed in a way that nobody here knows. Pure."""

import gzip
import zipfile
import zlib
from typing import Final

DAMAGED: Final = (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, RuntimeError, NotImplementedError)
