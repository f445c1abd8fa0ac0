"""A cable between clients and a server, which a test can interrupt without either end hearing of it, slow down, or answer on."""

import asyncio
import threading
from dataclasses import dataclass, field


@dataclass
class Cable:
    """Listens on `port` and hands bytes on to `target`, in a thread of its own. `drop()`: everything is lost, nothing is closed.

    Each piece of a client's is held for `delay` seconds. While there is an `answer`, whoever says anything gets that and is hung up on.
    `instead`: bytes of the server's that arrive as others of the same length.
    """

    target: int
    port: int = 0
    host: str = "127.0.0.1"
    dropping: bool = False
    delay: float = 0.0
    answer: bytes | None = None
    instead: tuple[bytes, bytes] | None = None
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)

    def start(self) -> "Cable":
        started = threading.Event()

        async def serve() -> None:
            self._server = await asyncio.start_server(self._serve, self.host, self.port)
            self.port = self._server.sockets[0].getsockname()[1]
            started.set()

        def run() -> None:
            self._loop.run_until_complete(serve())
            self._loop.run_forever()

        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()
        started.wait(5)
        return self

    def drop(self) -> None:
        """From now on bytes on connections that exist, and on new ones, vanish."""
        self.dropping = True

    def mend(self) -> None:
        """New connections work again; what was dropped stays lost, so the old ones stay dead."""
        self.dropping = False

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in self._writers:
            writer.close()
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(self.host, self.target)
        self._writers += [writer, far_writer]
        for source, sink, back in ((reader, far_writer, writer), (far_reader, writer, None)):
            task = asyncio.ensure_future(self._carry(source, sink, back))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, back: asyncio.StreamWriter | None) -> None:
        dead = False
        try:
            while data := await reader.read(1 << 16):
                dead = dead or self.dropping
                if back and self.answer is not None:
                    back.write(self.answer)
                    back.close()
                    break
                if not back and self.instead:
                    data = data.replace(*self.instead)
                if back and self.delay:
                    await asyncio.sleep(self.delay)
                if not dead:
                    writer.write(data)
                    await writer.drain()
        except ConnectionError:
            pass
        if not dead:
            writer.close()
