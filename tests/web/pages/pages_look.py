"""Looking at one page in a browser: what axe finds, and what a person with a phone or a keyboard would."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import Page, ViewportSize

PHONE: ViewportSize = {"width": 390, "height": 844}
DESKTOP: ViewportSize = {"width": 1366, "height": 900}
NARROW = 320
"""CSS pixels: a wide screen with letters four times as large."""

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
OPTIONS = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"], "preload": False}
_AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")

_FAULTS = """() => {
  document.querySelectorAll('details').forEach(one => one.open = true);
  const faults = [], html = document.documentElement, brief = e => e.outerHTML.slice(0, 110);
  const shown = [...document.querySelectorAll('h1')].filter(e => e.checkVisibility());
  if (shown.length !== 1) faults.push(`${shown.length} h1`);
  if (!document.title.trim()) faults.push('no title');
  if (html.scrollWidth > html.clientWidth) faults.push(`scrolls sideways: ${html.scrollWidth} of ${html.clientWidth}`);
  const buttons = 'button, .lk-button, input[type=submit], input[type=button], [role=button]';
  const others = 'a[href], input:not([type=hidden]), select, textarea, summary, [tabindex="0"]';
  for (const e of document.querySelectorAll(`${buttons}, ${others}`)) {
    if (!e.checkVisibility({visibilityProperty: true}) || e.matches('.lk-skip')) continue;
    if (e.matches('a') && getComputedStyle(e).display === 'inline') continue;
    const hit = e.matches('[type=checkbox], [type=radio], [type=file]') ? e.closest('label') ?? e.labels?.[0] ?? e : e;
    const box = hit.getBoundingClientRect(), least = e.matches(buttons) ? 44 : 24;
    const region = e.matches('[tabindex="0"]') && !e.matches(others.replace(', [tabindex="0"]', ''));
    if (!region && (box.height < least - 0.5 || box.width < 23.5))
      faults.push(`${Math.round(box.width)}x${Math.round(box.height)}: ${brief(e)}`);
  }
  return faults;
}"""
_WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def faults_of(page: Page, language: str, *, axe: bool = True) -> list[str]:
    """What is wrong with the page that is open (its folded parts are unfolded). ``axe``: also what axe finds, which takes half a second."""
    found: list[str] = page.evaluate(_FAULTS)
    if page.get_attribute("html", "lang") != language:
        found.append(f"lang is not {language}")
    return found + (_axe(page) if axe else []) + _narrow(page)


def _axe(page: Page) -> list[str]:
    # Its definition and its run are one call: the text goes to the browser once.
    answer: dict[str, Any] = page.evaluate(f"async options => {{ {_AXE}; return await axe.run(document, options) }}", OPTIONS)
    return [f"{fault['id']}: {node['html'][:140]}" for fault in answer["violations"] for node in fault["nodes"]]


def _narrow(page: Page) -> list[str]:
    size = page.viewport_size
    if not size or size["width"] > PHONE["width"]:
        return []
    page.set_viewport_size({"width": NARROW, "height": size["height"]})
    wider = page.evaluate(_WIDER)
    page.set_viewport_size(size)
    return [f"at {NARROW} px: {wider} px too wide"] if wider > 0 else []
