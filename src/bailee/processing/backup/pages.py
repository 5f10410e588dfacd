"""The page of backups, for the processor: the last good copy, the last good drill, and everything before them."""

from litestar import get

from bailee.infra.clock import Clock
from bailee.infra.settings import Settings
from bailee.infra.web.answers import Html, page, require
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.processing.backup.book import Book
from bailee.processing.backup.copying import outside, servers, wholly_here
from bailee.processing.backup.drawing import ages, strip
from bailee.processing.backup.owing import terms_of

MAY = "platform:controller:read"


@get("/backups", include_in_schema=False)
async def backups(visit: Visit, pages: Pages, backing: Book, clock: Clock, backup_settings: Settings) -> Html:
    """How backups stand."""
    require(visit, MAY)
    standing, terms = await backing.standing(), terms_of(backup_settings)
    copies, checks = await backing.copies(), await backing.checks()
    copied, proven = ages(standing, terms, clock.now())
    return page(
        pages, "backups.html", visit, standing=standing, copied=copied, proven=proven, copies=copies, checks=checks,
        strip=strip(copies, checks, clock.now()), terms=terms, folder=backup_settings.backups,
        outside=outside(backup_settings), embedded=bool(servers(backup_settings)), provable=wholly_here(backup_settings),
        by_itself=bool(backup_settings.drill_identity),
    )  # fmt: skip
