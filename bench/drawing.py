"""Drawing: the table on the terminal, and the ratios as bars (SVG) against their floors and goals."""

from collections.abc import Sequence
from html import escape

from rich.table import Table

from bench.measuring import Row

WIDTH, LINE, LEFT = 900, 26, 360


def table(rows: Sequence[Row], title: str) -> Table:
    """Every row, with its floor and goal."""
    drawn = Table(title=title, title_justify="left")
    for column in ("row", "settings", "ratio", "CPU ratio", "value", "floor", "goal", "p50 us", "p99 us"):
        drawn.add_column(column, justify="left" if column in ("row", "settings") else "right")
    for row in rows:
        value = f"{row.value:g} {row.unit}" if row.value is not None else ""
        told = (row.ratio, row.cpu_ratio, value, row.floor, row.goal, row.p50_us, row.p99_us)
        drawn.add_row(row.row, _said(row), *("" if one is None else str(one) for one in told))
    return drawn


def stages(rows: Sequence[Row]) -> Table:
    """What each stage of an operation takes, in each size of batch."""
    drawn = Table(title="Microseconds of CPU an operation, by stage and size of batch", title_justify="left")
    sizes = sorted({row.settings["in a batch"] for row in rows})
    for column in ("stage", "CPU of", *(str(size) for size in sizes)):
        drawn.add_column(column, justify="left" if column in ("stage", "CPU of") else "right")
    told: dict[tuple[str, str], dict[int, str]] = {}
    for row in rows:
        told.setdefault((row.row, row.settings["CPU of"]), {})[row.settings["in a batch"]] = f"{row.value:.2f}"
    for (stage, where), values in told.items():
        drawn.add_row(stage, where, *(values.get(size, "") for size in sizes))
    return drawn


def bars(rows: Sequence[Row]) -> str:
    """The ratios that have a floor, as bars; the floor is a line, the goal a dot."""
    shown = [row for row in rows if row.ratio is not None and row.floor is not None]
    most = max((max(row.ratio or 0, row.goal or 0) for row in shown), default=1) * 1.05
    scale = (WIDTH - LEFT - 80) / most
    lines = []
    for n, row in enumerate(shown):
        y, ratio, floor, goal = 40 + n * LINE, row.ratio or 0, row.floor or 0, row.goal or 0
        colour = "#1b7f4d" if ratio >= floor else "#b4461f"
        lines += [
            f'<text x="{LEFT - 10}" y="{y + 14}" text-anchor="end">{escape(row.row)} · {escape(_said(row))}</text>',
            f'<rect x="{LEFT}" y="{y + 3}" width="{ratio * scale:.1f}" height="14" rx="2" fill="{colour}"/>',
            f'<line x1="{LEFT + floor * scale:.1f}" x2="{LEFT + floor * scale:.1f}" y1="{y}" y2="{y + 20}" stroke="#222"/>',
            f'<circle cx="{LEFT + goal * scale:.1f}" cy="{y + 10}" r="3" fill="#222"/>',
            f'<text x="{LEFT + max(ratio, goal) * scale + 10:.1f}" y="{y + 14}">{ratio:g}</text>',
        ]
    height = 60 + len(shown) * LINE
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="system-ui, sans-serif" '
        'font-size="12" fill="#222"><rect width="100%" height="100%" fill="#fff"/>'
        f'<text x="{LEFT}" y="22">times as fast as the peer; line: floor, dot: goal</text>'
    )
    return "\n".join([head, *lines, "</svg>"]) + "\n"


def _said(row: Row) -> str:
    """The settings in few words."""
    names = {"in_flight": "in flight", "controllers": "controllers"}
    return ", ".join(
        f"{value} {names[name]}" if name in names else f"{value} {name}" for name, value in row.settings.items()
    )
