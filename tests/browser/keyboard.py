"""Somebody who has no mouse."""

import pytest

MOST_TABS = 100


def reach(page, locator):
    """Presses Tab until it stands on an element."""
    for _ in range(MOST_TABS):
        if locator.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{locator} is out of reach of the Tab key.")


def press(page, locator, *keys):
    reach(page, locator)
    for key in keys:
        page.keyboard.press(key)
