"""Format measurements as a plain text table, with the targets beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench.measure import Cost

HEADINGS = (
    f"{'':23}{'seconds':^27}{'stock':>9}{'by CPU':>9}{'':18}{'ours':>9}{'peak MB':>18}",
    f"{'':23}{'ours':>9}{'stock':>9}{'raw':>9}{'/ ours':>9}{'time':>9}   {'target':<15}{'/ raw':>9}"
    f"{'ours':>8}{'stock':>7}{'raw':>7}   target",
)
RULE = "-" * 125
NO_VALUE = "-"


def format_line(title: str, rows: int, costs: Mapping[str, Cost | None], target: float | None) -> str:
    ours, stock, raw = all_costs = [costs.get(name) for name in ("ours", "stock", "raw")]
    seconds = "".join(f"{_format_number(cost and cost.seconds, 2):>9}" for cost in all_costs)
    memory = "".join(f"{_format_number(cost and cost.megabytes, 0):>7}" for cost in all_costs)
    speedup, overhead = ratios(stock, ours), ratios(ours, raw)
    columns = (
        f"{_format_ratio(speedup[:1]):>9}{_format_ratio(speedup[1:]):>9}   "
        f"{_format_speedup_target(speedup, target):<15}{_format_ratio(overhead[:1]):>9}"
    )
    return f"{title:<12}{rows:>11,}{seconds}{columns} {memory}   {_format_memory_target(ours, stock)}".rstrip()


def format_growth(sizes: Sequence[int], ours: Sequence[Cost], target: float | None) -> str:
    clock, cpu = ratios(ours[1], ours[0])
    verdict = f", target at most {target:g}: {_format_met(max(clock, cpu) <= target)}" if target else ""
    return (
        f"Our first load of {sizes[1]:,} rows takes {clock:.1f} times as long as that of {sizes[0]:,} "
        f"({cpu:.1f} times by CPU time){verdict}."
    )


def ratios(numerator: Cost | None, denominator: Cost | None) -> list[float]:
    """Return the ratios of wall-clock and CPU time, or an empty list if one was not measured."""
    if not (numerator and denominator):
        return []
    return [numerator.seconds / denominator.seconds, numerator.cpu / denominator.cpu]


def _format_speedup_target(ratios: Sequence[float], target: float | None) -> str:
    """Format the verdict; wall-clock and CPU time both have to meet the target, since load disturbs the former."""
    return f">= {target:g}: {_format_met(min(ratios) >= target)}" if target and ratios else ""


def _format_memory_target(ours: Cost | None, stock: Cost | None) -> str:
    return f"<= stock: {_format_met(ours.megabytes <= stock.megabytes)}" if ours and stock else ""


def _format_met(is_met: bool) -> str:
    return "met" if is_met else "MISSED"


def _format_number(value: float | None, digits: int) -> str:
    return NO_VALUE if value is None else f"{value:,.{digits}f}"


def _format_ratio(ratio: Sequence[float]) -> str:
    return "".join(f"{value:.1f}x" for value in ratio) or NO_VALUE
