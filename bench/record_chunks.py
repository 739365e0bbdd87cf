"""``python -m bench.record_chunks``: after an upgrade of Notebook, find anew which of its parts every opening of a lesson needs.

They become one file (``hub/page/gather.py``). Without this a page still works; it only asks for the new parts one by one.
"""

from __future__ import annotations

import asyncio
import sys

from bench.chromium import Tablet
from bench.ours import OurHouse
from bench.pupil import signed_in
from bench.site import SiteError, prepare_process
from hub.page.common import FIRST
from kanikko.unroot import give_up_root

HEAD = "# Written by `python -m bench.record_chunks`: the parts of Notebook that a browser fetched to open a lesson.\n"


async def record() -> set[str]:
    """The names of the parts."""
    with OurHouse(1) as site:
        (pupil,) = await signed_in(site, site.pupils[:1])
        try:
            await pupil.begins(last="signed in")
            if pupil.trouble:
                raise SiteError(pupil.trouble)
            async with Tablet.started() as tablet:
                return await tablet.chunks(pupil)
        finally:
            await pupil.close()


def main() -> None:
    give_up_root([sys.executable, "-m", "bench.record_chunks"], owned=[FIRST])
    prepare_process()
    names = asyncio.run(record())
    FIRST.write_text(HEAD + "".join(f"{name}\n" for name in sorted(names)))
    print(f"{len(names)} parts written to {FIRST}")


if __name__ == "__main__":
    main()
