"""What axe says of a page, by WCAG 2.2 AA."""

from axe_playwright_python.sync_playwright import Axe

WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}
COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"], "resultTypes": ["violations"]}
"""The rules for which it matters whether a page is light or dark."""
LIGHT, DARK = "light", "dark"
NARROW, WIDE = 360, 1280


def violations(page, options=WCAG):
    found = Axe().run(page, options=options).response["violations"]
    return [(each["id"], node["html"][:200]) for each in found for node in each["nodes"]]


def look(page, width, scheme):
    """As the page is on such a screen, once colours have changed: nothing has to be asked for again."""
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)
    page.evaluate("document.getAnimations().forEach((each) => each.cancel())")
