"""The ports that are taken where nothing else is said. Apart, so that a health check reads them without reading every setting."""

from typing import Final

APP: Final = 3000
WORKER: Final = 3001
