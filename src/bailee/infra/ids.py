"""Ids as the database driver knows them: a `UUID` that is several times faster to parse, hash and send."""

from uuid import UUID

from asyncpg.pgproto import pgproto


def parse(text: str) -> UUID:
    """The id that a text spells in its canonical form; `ValueError` for anything else."""
    if len(text) != 36:
        raise ValueError(text)
    found: UUID = pgproto.UUID(text)
    return found
