"""Everything as CSV: a ZIP with a file a table."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

from sqlite_utils import Database

from web.clock import now
from web.data import every
from web.staff.cells import write
from web.staff.tables import LETTERS, OWN_FACTS, Table, tables

README = """このフォルダーは、サイトのすべての表です（表1つにつき1つのCSV、UTF-8）。

・個人の情報が入っています。市の決まりに従って扱い、要らなくなったら消してください。
・パスワード、認証アプリのキー、サインイン中の記録は入っていません。
・「=」「+」「-」「@」などで始まる文字の前には「'」を付けています。取り込むと元にもどります。
・取り込めるのは audit.csv と mails.csv 以外です。
"""


def export_zip(db: Database) -> bytes:
    """All tables that may go out, as one moment saw them."""
    out, at = io.BytesIO(), now()
    db.execute("begin")  # one picture of the whole, while others write
    try:
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, content in (("README.txt", README.encode()), *_files(db)):
                packed.writestr(zipfile.ZipInfo(name, date_time=at.timetuple()[:6]), content, zipfile.ZIP_DEFLATED)
    finally:
        db.rollback()
    return out.getvalue()


def _files(db: Database) -> Iterator[tuple[str, bytes]]:
    return ((f"{table.name}.csv", export_table(db, table)) for table in tables(db))


def export_table(db: Database, table: Table) -> bytes:
    """One table, by its key."""
    names = [column.name for column in table.columns]
    where = f"where name not like '{OWN_FACTS}%'" if table.name == "facts" else ""
    chosen = ", ".join(
        f"case when {LETTERS} then '' else body end as body" if (table.name, name) == ("mails", "body") else name for name in names
    )
    rows = every(db, f"select {chosen} from {table.name} {where} order by {', '.join(table.keys) or 'rowid'}")  # noqa: S608 (ours)
    return write(names, ([row[name] for name in names] for row in rows))
