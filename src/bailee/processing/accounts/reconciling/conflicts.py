"""What stands against a merge or its undoing: told with a stable code, never decided silently."""

from uuid import UUID

import msgspec


class CannotMerge(Exception):
    """These two cannot be merged as they are.

    `same-person`; `no-profile`: one of them has none; `account-is-absorbed`: only the one to be absorbed has an
    account; `account-has-roles`: its roles are taken away first; `account-closing`: someone asked to be erased; `file-withheld`: a file that the agreement does not let
    be combined; `too-much`: more than can be moved at once.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class CannotUndo(Exception):
    """This merge cannot be undone (any more).

    `over`: undone before, or its term has passed; `survivor-merged`: the survivor was merged itself, that one must be
    undone first; `survivor-gone`: erased since.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Since(msgspec.Struct, frozen=True):
    """Something a merge wrote that is no longer so: its type, its id, and what was done: `changed` or `deleted`."""

    type: str
    record: UUID
    done: str


class ChangedSince(Exception):
    """What a merge wrote was changed since: whoever undoes says whether that is kept, or put back as it was before."""

    def __init__(self, since: tuple[Since, ...]) -> None:
        super().__init__(", ".join(f"{one.type} {one.done}" for one in since))
        self.since = since
