"""The intake's process: mail is taken in by SMTP, out of a maildir, or both, until told to stop."""

import asyncio
from contextlib import AsyncExitStack

import structlog

from bailee.clauses.direct_requests.listening import Mailbox, certificate, listening
from bailee.clauses.direct_requests.maildir import LOOK_SECONDS, Maildir
from bailee.infra.database import Unavailable
from bailee.infra.settings import Settings

log = structlog.get_logger()


async def run(settings: Settings, mailbox: Mailbox, maildir: Maildir | None, stopping: asyncio.Event) -> None:
    """Take mail in as the settings say."""
    async with AsyncExitStack() as stack:
        if settings.intake_smtp:
            serving = listening(
                mailbox, settings.intake_smtp, host_name=settings.log_name, tls=certificate(settings.intake_certificate)
            )
            log.info("mail is taken in", port=await stack.enter_async_context(serving))
        while not stopping.is_set():
            if maildir is not None:
                await _look(maildir)
            try:
                await asyncio.wait_for(stopping.wait(), LOOK_SECONDS)
            except TimeoutError:
                continue


async def _look(maildir: Maildir) -> None:
    try:
        if many := await maildir.take():
            log.info("mail was taken in", count=many)
    except (Unavailable, OSError) as away:
        log.warning("mail waits in the maildir", kind=type(away).__name__)
