"""PostgreSQL inside the data folder: found or brought along, made, started, recovered and stopped by the program.

Owns the data folder's lock and version, `postgres/`, `run/` and `logs/`. Reached by a socket only, never over the network.
"""

from cascadia.kernel.embedded.folder import Claim, DataFolderError, claim, take
from cascadia.kernel.embedded.server import Embedded, running_url, start

__all__ = ["Claim", "DataFolderError", "Embedded", "claim", "running_url", "start", "take"]
