"""The measurements as a table of plain text, with the targets beside."""

from __future__ import annotations

from collections.abc import Mapping

from bench.measure import Cost

HEADINGS = (
    f"{'':23}{'seconds':^27}{'stock':>10}{'':18}{'ours':>10}{'peak MB':>19}",
    f"{'':23}{'ours':>9}{'stock':>9}{'floor':>9}{'/ ours':>10}   {'target':<15}{'/ floor':>10}"
    f"{'ours':>9}{'stock':>7}{'floor':>7}   target",
)
RULE = "-" * 120
NOTHING = "-"


def line(title: str, rows: int, costs: Mapping[str, Cost], target: float | None) -> str:
    ours, stock, floor = every = [costs.get(side) for side in ("ours", "stock", "floor")]
    seconds = "".join(f"{_number(cost and cost.seconds, 2):>9}" for cost in every)
    memory = "".join(f"{_number(cost and cost.megabytes, 0):>7}" for cost in every)
    faster, slower = _ratio(stock, ours), _ratio(ours, floor)
    ratios = f"{_times(faster):>10}   {_at_least(faster, target):<15}{_times(slower):>10}"
    return f"{title:<12}{rows:>11,}{seconds}{ratios}  {memory}   {_memory(ours, stock)}".rstrip()


def growth(small: int, large: int, ours: tuple[Cost, Cost], target: float | None) -> str:
    ratio = ours[1].seconds / ours[0].seconds
    verdict = f", target at most {target:g}: {_met(ratio <= target)}" if target else ""
    return f"Our first load of {large:,} rows takes {ratio:.1f} times as long as that of {small:,}{verdict}."


def _ratio(one: Cost | None, other: Cost | None) -> float | None:
    return one.seconds / other.seconds if one and other else None


def _at_least(ratio: float | None, target: float | None) -> str:
    if target is None or ratio is None:
        return ""
    return f">= {target:g}: {_met(ratio >= target)}"


def _memory(ours: Cost | None, stock: Cost | None) -> str:
    return f"<= stock's: {_met(ours.megabytes <= stock.megabytes)}" if ours and stock else ""


def _met(is_met: bool) -> str:
    return "met" if is_met else "MISSED"


def _number(value: float | None, digits: int) -> str:
    return NOTHING if value is None else f"{value:,.{digits}f}"


def _times(ratio: float | None) -> str:
    return NOTHING if ratio is None else f"{ratio:.1f}x"
