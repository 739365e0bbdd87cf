"""What may be wrong with the place where notebooks are graded."""

from kanikko.errors import KanikkoError


class PoolError(KanikkoError):
    """Notebooks cannot be graded there: a package, the cluster, or process after process is gone."""
