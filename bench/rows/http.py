"""Row 5: a read over HTTP, beside an unprotected FastAPI endpoint under the same server with one worker each."""

from bailee.gate.crossing import Released
from bailee.vocabulary.ids import Address
from bailee.vocabulary.operations import Operation
from bench import peers
from bench.measuring import Row, compare, ratio
from bench.serving import served
from bench.standing import World, controller, fill, request

FLOORS = {1: (0.6, 0.8), 32: (3.5, 6.0), 128: (6.0, 10.0)}


async def rows(world: World) -> list[Row]:
    """Over HTTP, 1, 32 and 128 in flight."""
    of = await controller(world.rooms)
    held = await fill(world.rooms, of, 1000, seed=5)
    [owner] = await world.owner(1)
    released = [await world.rooms.passage.read(request(Operation.consult, one)) for one in held]
    await peers.json(owner, held, [one.records[0].data.decode() for one in released if isinstance(one, Released)])
    await owner.close()
    async with served(world, of) as (ours, theirs):

        def ask_ours(one: Address) -> bytes:
            return ours.get(f"/api/v1/persons/{one.person}/profile/{one.record}")

        def ask_theirs(one: Address) -> bytes:
            return theirs.get(f"/persons/{one.person}/records/{one.record}")

        contenders = {"unprotected": theirs.contender(ask_theirs, held), "ours": ours.contender(ask_ours, held)}
        found = []
        for in_flight in (1, 8, 32, 128) if world.long else (1, 32, 128):
            taken = await compare(contenders, in_flight, world.rounds, world.operations)
            floor, goal = FLOORS.get(in_flight, (None, None))
            settings = {"in_flight": in_flight, "controllers": 1, "keys": "warm"}
            found.append(
                ratio("5 over HTTP vs unprotected", taken, "unprotected", "ours", settings, floor=floor, goal=goal)
            )
        return found
