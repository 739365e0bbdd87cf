"""Many notebooks at once: over this machine's cores, or over a Dask cluster by the setting ``KANIKKO_GRADING_CLUSTER``."""

from grading.pool.errors import PoolError
from grading.pool.pool import Pool, open_pool

__all__ = ["Pool", "PoolError", "open_pool"]
