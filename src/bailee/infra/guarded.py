"""The outgoing door as a transport: what speaks through httpx goes out by `outbound`, and nowhere else."""

import httpx

from bailee.infra.destinations import Reason, read
from bailee.infra.outbound import Outbound, Outgoing, Stopped

ANSWER_BYTES = 256 * 1024
PASSED = ("accept", "authorization", "content-type")


class Guarded(httpx.AsyncBaseTransport):
    """Sends requests through the one door: public addresses, pinned, https, no redirect, bounded."""

    def __init__(self, outbound: Outbound) -> None:
        self._outbound = outbound

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One request; what the door stops is a connection that failed."""
        url = str(request.url)
        target = read(url)
        if isinstance(target, Reason):
            raise httpx.ConnectError(target, request=request)
        answered = await self._outbound.send(
            Outgoing(
                method=request.method,
                url=url,
                hosts=frozenset({target.listed_as}),
                body=await request.aread(),
                headers={name: request.headers[name] for name in PASSED if name in request.headers},
                answer_bytes=ANSWER_BYTES,
            )
        )
        if isinstance(answered, Stopped):
            raise httpx.ConnectError(answered.reason, request=request)
        stream = httpx.ByteStream(answered.body)
        return httpx.Response(answered.status, headers=dict(answered.headers), stream=stream, request=request)
