"""The slots of a worker: which jobs run in them, and how many more of each family may."""

from collections import Counter
from collections.abc import Iterator, Mapping

from cascadia.jobs.runner import Running
from cascadia.kernel.declare import Family

MEBIBYTE = 1024 * 1024


class Slots:
    """`number` jobs at once, shared by all families; of a family at most as many as fit into the worker's memory."""

    def __init__(self, number: int, families: Mapping[str, Family], memory_limit: int | None) -> None:
        self.number = number
        self._most = {
            name: number if memory_limit is None else max(1, min(number, memory_limit // (family.memory_mb * MEBIBYTE)))
            for name, family in families.items()
        }
        self._running: dict[int, Running] = {}

    def __iter__(self) -> Iterator[Running]:
        return iter(list(self._running.values()))

    def __contains__(self, running: object) -> bool:
        return isinstance(running, Running) and self._running.get(running.job.id) is running

    def __len__(self) -> int:
        return len(self._running)

    @property
    def free(self) -> int:
        return self.number - len(self._running)

    def serves(self, family: str) -> bool:
        """Whether this worker takes jobs of the family."""
        return family in self._most

    def room(self) -> dict[str, int]:
        """How many more jobs of each family may start; families at their limit are left out."""
        taken = Counter(r.job.family for r in self._running.values())
        return {name: most - taken[name] for name, most in self._most.items() if most > taken[name]}

    def add(self, running: Running) -> None:
        self._running[running.job.id] = running

    def remove(self, running: Running) -> None:
        if running in self:
            del self._running[running.job.id]
