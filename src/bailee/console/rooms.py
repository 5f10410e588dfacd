"""What the rail offers: rooms and their pages, each for those who may enter it."""

import msgspec

from bailee.infra.web.visit import Visit


class Link(msgspec.Struct, frozen=True):
    """A page on the rail: its path, words and picture, the permission that opens it (empty: everyone), and on which side
    (empty: both)."""

    path: str
    words: str
    icon: str
    permission: str = ""
    side: str = ""

    def holds(self, path: str) -> bool:
        """Whether a path is this page, or lies below it."""
        return path == self.path or (self.path != "/" and path.startswith(f"{self.path}/"))


ROOMS: tuple[tuple[str, str, tuple[Link, ...]], ...] = (
    ("controller", "People", (
        Link("/", "Overview", "home"),
        Link("/guide", "First steps", "flag"),
        Link("/obligations", "What is owed", "clock", "duties:obligation:read"),
        Link("/people", "People", "people", "people:person:list"),
        Link("/imports", "Imports", "in", "exchange:import:run"),
        Link("/exports", "Exports", "out", "exchange:export:run"),
        Link("/duplicates", "Duplicates", "twins", "people:duplicate:merge"),
        Link("/retention", "Retention", "calendar", "retention:rule:read"),
    )),
    ("controller", "Requests", (
        Link("/requests", "Requests of persons", "shield", "rights:request:read"),
        Link("/received", "Received for you", "in", "requests:direct:read"),
        Link("/breach-notices", "Breaches", "alert", "breaches:notice:read"),
        Link("/privacy-notice", "Privacy notice", "paper", "agreement:document:read"),
    )),
    ("controller", "Access", (
        Link("/access", "Who may do what", "roles", "accounts:account:read"),
        Link("/approvals", "Second person", "check", "accounts:account:read"),
        Link("/sign-on", "Single sign-on", "shield", "connections:sign-on:manage"),
        Link("/credentials", "Credentials", "key", "connections:credential:read"),
        Link("/webhooks", "Webhooks", "hook", "connections:webhook:manage"),
    )),
    ("controller", "Agreement", (
        Link("/agreement", "Agreement", "paper", "agreement:document:read"),
        Link("/instructions", "Instructions", "note", "agreement:document:read"),
        Link("/sub-processors", "Sub-processors", "building", "agreement:document:read"),
        Link("/processor-staff", "The processor's staff", "people", "agreement:document:read"),
        Link("/impact-assessments", "Impact assessments", "flag", "agreement:document:read"),
    )),
    ("controller", "Evidence", (
        Link("/register", "Processing register", "note", "agreement:document:read"),
        Link("/ledger", "Ledger", "ledger", "ledger:entry:read"),
        Link("/measures", "Measures", "shield", "agreement:document:read"),
        Link("/audits", "Audits", "eye", "audits:audit:read"),
        Link("/audit", "The audit", "eye", "audits:audit:visit"),
        Link("/notices", "Notices", "out", "notices:notice:read"),
    )),
    ("processor", "Platform", (
        Link("/", "Overview", "home"),
        Link("/guide", "First steps", "flag"),
        Link("/obligations", "What is owed", "clock", "duties:obligation:read"),
        Link("/controllers", "Controllers", "building", "platform:controller:read"),
        Link("/messages", "Messages", "note", "platform:message:read"),
        Link("/breaches", "Breaches", "alert", "platform:breach:handle"),
    )),
    ("processor", "Evidence", (
        Link("/register", "Processing registers", "paper", "agreement:document:read"),
        Link("/measures", "Measures", "shield", "agreement:document:read"),
        Link("/backups", "Backups", "ledger", "platform:controller:read"),
        Link("/chain", "Sub-processors", "building", "platform:sub-processor:decide"),
        Link("/staff", "Staff", "people", "platform:staff:keep"),
        Link("/notices", "Notices", "out", "notices:notice:read"),
    )),
    ("processor", "Access", (
        Link("/access", "Who may do what", "roles", "accounts:account:read"),
        Link("/approvals", "Second person", "check", "accounts:account:read"),
        Link("/contacts", "Officer", "person", "notices:address:change"),
        Link("/webhooks", "Webhooks", "hook", "connections:webhook:manage"),
    )),
    ("", "You", (
        Link("/me", "My data", "person"),
        Link("/me/activity", "Who saw it", "eye"),
        Link("/me/rights", "My rights", "shield", side="controller"),
        Link("/me/undertaking", "My undertaking", "check", side="processor"),
        Link("/me/privacy", "Privacy notice", "paper", side="controller"),
        Link("/me/sign-in", "How I sign in", "finger"),
    )),
)  # fmt: skip


def here(path: str) -> str:
    """The path of the page on the rail that a path belongs to: the longest that holds it."""
    held = [link.path for _, _, links in ROOMS for link in links if link.holds(path)]
    return max(held, key=len, default="")


def rooms_of(visit: Visit) -> list[tuple[str, list[Link]]]:
    """The headings and pages that this visit may enter."""
    found = []
    for side, heading, links in ROOMS:
        if side not in ("", visit.side):
            continue
        open_ = [
            link for link in links
            if link.side in ("", visit.side) and (not link.permission or visit.may(link.permission))
        ]  # fmt: skip
        if open_:
            found.append((heading, open_))
    return found
