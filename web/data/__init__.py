"""The site's database: one SQLite file in WAL mode, short writing transactions, migrations, backup and restore."""

from web.data.database import Row, every, migrate, one, open_database, request_db, value, writing

__all__ = ["Row", "every", "migrate", "one", "open_database", "request_db", "value", "writing"]
