"""The workflows of reconciliation, in a process that kills itself like those of `dying`.

Called as `python -m tests.fault.dying_merges DIR POINT WORKFLOW JSON`.
"""

import asyncio
import json
import sys
from typing import Any
from uuid import UUID

from tests.fault import dying

from bailee.contract.ruling import AccessRequest
from bailee.house import Rooms
from bailee.processing.accounts.reconciling.merging import Plan
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.purposes import Purpose
from bailee.wings import Wings


def combine(given: dict[str, Any]) -> AccessRequest:
    return AccessRequest(
        actor=dying.ACTOR, controller=UUID(given["controller"]), operation=Operation.combine,
        purpose=Purpose.account_management, persons=(UUID(given["survivor"]), UUID(given["absorbed"])),
    )  # fmt: skip


async def merge(rooms: Rooms, given: dict[str, Any]) -> Any:
    plan = Plan(UUID(given["survivor"]), UUID(given["absorbed"]), frozenset({"email"}), (1, 1))
    return await Wings(rooms).reconciling.merging.merge(combine(given), plan)


async def undo(rooms: Rooms, given: dict[str, Any]) -> Any:
    return await Wings(rooms).reconciling.undoing.undo(combine(given), UUID(given["merge"]))


async def end(rooms: Rooms, given: dict[str, Any]) -> Any:
    return await Wings(rooms).reconciling.ending.due(UUID(given["controller"]))


dying.WORKFLOWS |= {"merge": merge, "undo": undo, "end": end}

if __name__ == "__main__":
    asyncio.run(dying.main(sys.argv[1], int(sys.argv[2]), sys.argv[3], json.loads(sys.argv[4])))
