"""Accessibility checks by axe against WCAG 2.2 AA."""

from axe_playwright_python.sync_playwright import Axe

WCAG_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}
COLOUR_RULES = {"runOnly": ["color-contrast", "link-in-text-block"], "resultTypes": ["violations"]}
"""Rules whose result depends on the colour scheme."""
LIGHT, DARK = "light", "dark"
NARROW, WIDE = 360, 1280


def violations(page, options=WCAG_RULES):
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found = page.evaluate("(options) => axe.run(options).then(({ violations }) => violations)", options)
    return [(violation["id"], node["html"][:200]) for violation in found for node in violation["nodes"]]


def emulate(page, width, scheme):
    """Emulate a screen, and cancel transitions so that colours are final without a reload."""
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)
    page.evaluate("document.getAnimations().forEach((animation) => animation.cancel())")
