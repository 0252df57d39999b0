"""The measurements as a table of plain text, with the targets beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench.measure import Cost

HEADINGS = (
    f"{'':23}{'seconds':^27}{'stock':>9}{'by CPU':>9}{'':18}{'ours':>9}{'peak MB':>18}",
    f"{'':23}{'ours':>9}{'stock':>9}{'floor':>9}{'/ ours':>9}{'time':>9}   {'target':<15}{'/ floor':>9}"
    f"{'ours':>8}{'stock':>7}{'floor':>7}   target",
)
RULE = "-" * 125
NOTHING = "-"


def line(title: str, rows: int, costs: Mapping[str, Cost | None], target: float | None) -> str:
    ours, stock, floor = every = [costs.get(side) for side in ("ours", "stock", "floor")]
    seconds = "".join(f"{_number(cost and cost.seconds, 2):>9}" for cost in every)
    memory = "".join(f"{_number(cost and cost.megabytes, 0):>7}" for cost in every)
    faster, slower = ratios(stock, ours), ratios(ours, floor)
    shown = f"{_times(faster[:1]):>9}{_times(faster[1:]):>9}   {_at_least(faster, target):<15}{_times(slower[:1]):>9}"
    return f"{title:<12}{rows:>11,}{seconds}{shown} {memory}   {_memory(ours, stock)}".rstrip()


def growth(sizes: Sequence[int], ours: Sequence[Cost], target: float | None) -> str:
    clock, cpu = ratios(ours[1], ours[0])
    verdict = f", target at most {target:g}: {_met(max(clock, cpu) <= target)}" if target else ""
    return (
        f"Our first load of {sizes[1]:,} rows takes {clock:.1f} times as long as that of {sizes[0]:,} "
        f"({cpu:.1f} times by CPU time){verdict}."
    )


def ratios(one: Cost | None, other: Cost | None) -> list[float]:
    """By the clock and by CPU time."""
    return [one.seconds / other.seconds, one.cpu / other.cpu] if one and other else []


def _at_least(ratios: Sequence[float], target: float | None) -> str:
    """A target is met by the clock and by CPU time, or else it is the other work of the machine that met it."""
    return f">= {target:g}: {_met(min(ratios) >= target)}" if target and ratios else ""


def _memory(ours: Cost | None, stock: Cost | None) -> str:
    return f"<= stock: {_met(ours.megabytes <= stock.megabytes)}" if ours and stock else ""


def _met(is_met: bool) -> str:
    return "met" if is_met else "MISSED"


def _number(value: float | None, digits: int) -> str:
    return NOTHING if value is None else f"{value:,.{digits}f}"


def _times(ratio: Sequence[float]) -> str:
    return "".join(f"{each:.1f}x" for each in ratio) or NOTHING
