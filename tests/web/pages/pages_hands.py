"""Two ways to use a page: with the keys alone, looking at each stop whether one sees where one is; and by pressing what stands there."""

from __future__ import annotations

from playwright.sync_api import Locator, Page

STOPS = 90
"""A page on which a target is further away by Tab is not usable by keyboard."""
_STOP = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return '';
  const around = [at, at.closest('label'), at.closest('.lk-card-link, .lk-stat')].filter(Boolean);
  const rings = around.map(e => getComputedStyle(e));
  const seen = rings.some(r => (r.outlineStyle !== 'none' && parseFloat(r.outlineWidth) >= 2) || r.boxShadow !== 'none');
  const box = at.getBoundingClientRect();
  const here = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  return seen && here ? '' : `${here ? 'no ring' : 'out of sight'}: ${at.outerHTML.slice(0, 120)}`;
}"""


class Keys:
    """Somebody without a mouse."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.unseen: list[str] = []
        """Stops at which one could not see where one is."""

    def to(self, target: Locator) -> None:
        """Tab to the target."""
        wanted = target.first.element_handle()
        for _ in range(STOPS):
            if self.page.evaluate("e => e === document.activeElement", wanted):
                return
            self.page.keyboard.press("Tab")
            if stop := self.page.evaluate(_STOP):
                self.unseen.append(f"{self.page.url}: {stop}")
        raise AssertionError(f"{target} cannot be reached by keyboard on {self.page.url}")

    def type(self, target: Locator, words: str) -> None:
        """Into a field; of a select, the choice that begins so."""
        self.to(target)
        self.page.keyboard.type(words)

    def press(self, target: Locator, key: str = "Enter") -> None:
        self.to(target)
        self.page.keyboard.press(key)
