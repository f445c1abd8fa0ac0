"""What app servers log while a test goes on, those that are replaced meanwhile too."""

import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Final, Self

from tools.engine import Engine

EVERY_SECONDS: Final = 1.5
BROKE: Final = "request_broke"


class AppLogs:
    """Follows every container of an app server from when it is there until it is gone, as a context."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._folder = tempfile.TemporaryDirectory(prefix="cascadia-logs-")
        self._following: dict[str, subprocess.Popen[bytes]] = {}
        self._over = threading.Event()
        self._looking = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._looking.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._looking.join()
        for process in self._following.values():
            process.kill()
            process.wait()
        self._folder.cleanup()

    def broken(self) -> str:
        """The lines about requests that failed without a foreseen reason, with their traces."""
        lines = (line for path in Path(self._folder.name).iterdir() for line in path.read_text(errors="replace").splitlines())
        return "\n".join(line for line in lines if BROKE in line)

    def _look(self) -> None:
        while not self._over.wait(EVERY_SECONDS):
            running = self._engine.run("ps", "--quiet", "--filter", "label=com.docker.compose.service=app", check=False)
            for container in running.split():
                if container not in self._following or self._following[container].poll() is not None:
                    self._follow(container)

    def _follow(self, container: str) -> None:
        """With the last seconds before: the container may be as old as this moment."""
        with (Path(self._folder.name) / container).open("ab") as log:
            command = ["docker", "logs", "--follow", "--since", "3s", container]
            self._following[container] = subprocess.Popen(command, env=self._engine.environment, stdout=log, stderr=subprocess.STDOUT)
