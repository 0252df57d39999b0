"""Helpers for operating a page by keyboard only."""

import pytest

MAX_TABS = 100


def focus_by_tab(page, locator):
    """Press Tab until the element has the focus."""
    for _ in range(MAX_TABS):
        if locator.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{locator} is not reachable with the Tab key.")


def press(page, locator, *keys):
    focus_by_tab(page, locator)
    for key in keys:
        page.keyboard.press(key)
