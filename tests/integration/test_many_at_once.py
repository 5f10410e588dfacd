"""People taken in together: each one's history and each one's record stand alone."""

import json
from uuid import UUID


async def test_taken_in_together_nobody_stands_in_another_ones_history(hold, rooms, profile):
    holder = await hold()
    client = await holder.client()
    people = [
        {"groups": ["user"], "records": [{"type": "profile", "data": profile | {"email": f"n{n}.{profile['email']}"}}]}
        for n in range(3)
    ]
    made = await client("POST", "/api/v1/batch", {"create": people})
    assert made.status == 201, made.raw
    ids = [one["person"] for one in made.body["created"]]
    for one in ids:
        told = [json.loads(t.opened.body) async for t in rooms.reading.about(holder.id, UUID(one))]
        assert told
        assert not {other for other in ids if other != one} & set(json.dumps(told).split('"'))
    assert await rooms.scrubbing.some(holder.id) == []
