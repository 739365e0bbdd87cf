"""A Dask cluster as the place where notebooks are graded. Needs the extra ``cluster`` (the package ``distributed``).

Its workers need this very version of Kanikko, bubblewrap, and an ordinary user. They get notebooks and lessons as plain
values and answer with plain values that our own code made; nothing that came out of a room is ever unpickled.
"""

from __future__ import annotations

from concurrent.futures import CancelledError, Executor
from typing import Any

from grading.pool.errors import PoolError

CONNECT_SECONDS = 10
AHEAD = 2
"""Jobs sent for each thread of the cluster, so that none waits for the network."""


class ClusterBackend:
    """``address`` is a Dask scheduler's, ``tcp://…`` or ``tls://…``."""

    spare = 0

    def __init__(self, address: str) -> None:
        try:
            from distributed.client import FutureCancelledError
            from distributed.comm.core import CommClosedError
            from distributed.scheduler import KilledWorker
        except ImportError as error:
            raise PoolError(
                "KANIKKO_GRADING_CLUSTER is set, but the package distributed is missing.", remedy="pip install 'kanikko[cluster]'"
            ) from error
        self.lost: tuple[type[BaseException], ...] = (KilledWorker, CommClosedError, CancelledError, FutureCancelledError)
        self._address = address
        self._client: Any = self._connect()  # distributed's methods have no types

    def size(self) -> int:
        workers = self._client.scheduler_info(n_workers=-1)["workers"]
        threads: int = sum(worker["nthreads"] for worker in workers.values())
        return max(1, AHEAD * threads)

    def executor(self) -> Executor:
        if self._client.status != "running":
            self._client.close()
            self._client = self._connect()
        executor: Executor = self._client.get_executor(pure=False, retries=0)
        return executor

    def close(self) -> None:
        self._client.close()

    def _connect(self) -> Any:
        from distributed import Client

        try:
            return Client(self._address, timeout=CONNECT_SECONDS, set_as_default=False, name="kanikko-grader")  # type: ignore[no-untyped-call]
        except (OSError, TimeoutError, ValueError) as error:
            raise PoolError(
                f"The Dask scheduler {self._address} does not answer: {error}",
                remedy="Start it (dask scheduler), or unset KANIKKO_GRADING_CLUSTER to grade on this machine.",
            ) from error
