"""Health, readiness and metrics: each dependency by name, no personal data."""

from typing import Any

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from bailee.infra.clock import Clock
from bailee.infra.database import Database, Unavailable
from bailee.infra.root_keys import RootKeys, RootKeyTrouble
from bailee.infra.setbacks.setbacks import Measured as MeasuredDuties
from bailee.infra.setbacks.setbacks import Setbacks
from bailee.infra.vouching import Unvouched
from bailee.obligations.notices.post import Post
from bailee.processing.backup.book import Book, Measured
from bailee.processing.backup.events import Standing


class Dependencies(msgspec.Struct, frozen=True):
    """What readiness asks."""

    named: dict[str, Database]
    clock: Clock
    root: RootKeys | None = None
    post: Post | None = None
    setbacks: Setbacks | None = None
    sealed: str | None = None
    backups: Book | None = None


@get("/health/live", summary="The process answers", tags=["health"])
async def live() -> dict[str, str]:
    """Says only that this process serves."""
    return {"status": "live"}


@get("/health/ready", summary="Everything it needs answers", tags=["health"])
async def ready(dependencies: NamedDependency[Dependencies]) -> Response[dict[str, Any]]:
    """Each dependency by name; 503 with the names of those that are away. Mail that does not leave is said, at how
    many controllers a duty of the worker stands still, and of when the last good backup and drill are, no more: nothing is lost by it, and everything else serves.
    """
    states = {name: await _state(database) for name, database in dependencies.named.items()}
    if dependencies.root is not None:
        states["root keys"] = await _keys(dependencies.root)
    if dependencies.sealed is not None:
        states["gate"] = f"sealed: {dependencies.sealed}"
    good = all(state == "ready" for state in states.values())
    body: dict[str, Any] = {"status": "ready" if good else "degraded", "dependencies": states}
    if dependencies.post is not None and states.get("data") == "ready":
        standing = await dependencies.post.standing()
        away = standing.state == "away" and standing.since is not None
        body["mail"] = f"away since {standing.since:%Y-%m-%dT%H:%M:%SZ}: {standing.reason}" if away else "ready"
    if dependencies.setbacks is not None and states.get("control") == "ready":
        body["duties"] = {one.duty: one.standing for one in await dependencies.setbacks.counted() if one.standing}
    if dependencies.backups is not None and states.get("control") == "ready":
        body["backup"] = _said(await dependencies.backups.standing())
    if dependencies.clock.simulated:
        body["clock"] = "simulated"
    return Response(body, status_code=200 if good else 503)


@get("/metrics", summary="Metrics", tags=["health"])
async def metrics(dependencies: NamedDependency[Dependencies]) -> Response[bytes]:
    """Counters of this process and of the worker's duties in the Prometheus text format: numbers, never people."""
    told = generate_latest() + await _duties(dependencies.setbacks) + await _backups(dependencies)
    return Response(told, media_type=CONTENT_TYPE_LATEST)


async def _duties(setbacks: Setbacks | None) -> bytes:
    """What the worker wrote down of its duties; nothing while the control database is away."""
    registry = CollectorRegistry(auto_describe=False)
    try:
        registry.register(MeasuredDuties(await setbacks.counted() if setbacks is not None else []))
    except Unavailable:
        return b""
    return generate_latest(registry)


async def _keys(root: RootKeys) -> str:
    try:
        await root.ready()
    except RootKeyTrouble as trouble:
        return f"away: {trouble}"
    return "ready"


async def _backups(dependencies: Dependencies) -> bytes:
    """How old the last good backup and the last good drill are; nothing while the control database is away."""
    registry = CollectorRegistry(auto_describe=False)
    try:
        if dependencies.backups is not None:
            registry.register(Measured(await dependencies.backups.standing(), dependencies.clock.now()))
    except Unavailable:
        return b""
    return generate_latest(registry)


def _said(standing: Standing) -> dict[str, str | None]:
    last, drill = standing.last, standing.drill
    return {
        "last_good": f"{last.taken_at:%Y-%m-%dT%H:%M:%SZ}" if last else None,
        "last_proven": f"{drill.ended_at:%Y-%m-%dT%H:%M:%SZ}" if drill else None,
    }


async def _state(database: Database) -> str:
    try:
        await database.fetch("SELECT 1")
    except Unvouched as sealed:
        return f"sealed: {sealed}"
    except Unavailable:
        return "away"
    return "ready"
