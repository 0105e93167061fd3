"""What a finger hits is large enough; what the keyboard reaches is in sight, has a ring around it and can be left.

WCAG 2.2: 2.1.2, 2.4.1, 2.4.3, 2.4.7, 2.4.11, 2.4.13, 2.5.5 (for controls) and 2.5.8 (for links).
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.conftest import ADDRESS, VOICES, Site, Spoil, go_to_all_of, restyle

NAMES: Final = ["report", "short", "table", "english", "home", "section", "month", "notice", "gone", "missing"]
WIDTHS: Final = [320, 390, 1280]
# A date's own parts are stops of their own within one element, and so is its picker.
MOST_STOPS_OF_ONE: Final = 6

# What is there only for screen readers, or waits for the keyboard, is a point.
SEEN: Final = """
  const seen = (each) => {
    const box = each.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && each.checkVisibility({visibilityProperty: true, opacityProperty: true});
  };
  const named = (each) => each.localName + " “" +
    (each.innerText || each.getAttribute("aria-label") || each.id || "").trim().slice(0, 40) + "”";"""

SMALL_TARGETS: Final = (
    "() => {"
    + SEEN
    + """
  const CONTROL = "button, summary, input, select, textarea, [role=button]", round = (px) => Math.round(px * 10) / 10;
  const targets = [...document.querySelectorAll(`a[href], ${CONTROL}`)].filter(seen).map((element) => {
    const boxes = [element, ...element.querySelectorAll("*")].flatMap((each) => [...each.getClientRects()]);
    const whole = element.getBoundingClientRect();
    return {
      element, boxes, whole, control: element.matches(CONTROL),
      small: !boxes.some((box) => box.width >= 24 && box.height >= 24),
      x: whole.left + whole.width / 2, y: whole.top + whole.height / 2,
    };
  });
  // In a sentence: the block that it stands in has words besides its links.
  const inSentence = (element) => {
    let block = element;
    while (getComputedStyle(block).display.startsWith("inline")) block = block.parentElement;
    if (block === element) return false;
    const rest = block.cloneNode(true);
    for (const link of rest.querySelectorAll("a")) link.remove();
    return /[\\p{L}\\p{N}]/u.test(rest.textContent);
  };
  // A circle of 24 px around it meets no other target, nor the circle of another small one.
  const apart = (one) => targets.every((other) => other === one || one.element.contains(other.element) || (
    other.small ? Math.hypot(one.x - other.x, one.y - other.y) >= 24 : other.boxes.every((box) => Math.hypot(
      one.x - Math.min(Math.max(one.x, box.left), box.right),
      one.y - Math.min(Math.max(one.y, box.top), box.bottom)) >= 12)));
  return targets.flatMap((target) => {
    const {width, height} = target.whole;
    const size = `${named(target.element)} is ${round(width)} × ${round(height)} px`;
    if (target.control) return width < 44 || height < 44 ? [`control: ${size}`] : [];
    return target.small && !inSentence(target.element) && !apart(target) ? [`link: ${size}`] : [];
  });
}"""
)

# Of the element that has the focus: a number of its own, and what is wrong with it.
STOP: Final = (
    "() => {"
    + SEEN
    + """
  const at = document.activeElement, faults = [];
  if (!at || at === document.body || at === document.documentElement) return null;
  window.stops ??= new Map();
  if (stops.has(at)) return {number: stops.get(at), name: named(at), faults};
  stops.set(at, stops.size);
  const brush = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
  const painted = (...colours) => {
    brush.fillStyle = matchMedia("(prefers-color-scheme: dark)").matches ? "#000" : "#fff";
    brush.fillRect(0, 0, 1, 1);
    for (const colour of colours) { brush.fillStyle = colour; brush.fillRect(0, 0, 1, 1); }
    const light = [...brush.getImageData(0, 0, 1, 1).data].slice(0, 3).map((value) => value / 255)
      .map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    return 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2];
  };
  const style = getComputedStyle(at), width = parseFloat(style.outlineWidth);
  if (style.outlineStyle === "none" || width < 2) faults.push(`has a ring of ${style.outlineStyle}, ${width} px`);
  const behind = [];
  for (let each = parseFloat(style.outlineOffset) < 0 ? at : at.parentElement; each; each = each.parentElement)
    behind.unshift(getComputedStyle(each).backgroundColor);
  const [dark, light] = [painted(...behind), painted(...behind, style.outlineColor)].sort((one, two) => one - two);
  const contrast = (light + 0.05) / (dark + 0.05);
  if (contrast < 3) faults.push(`has a faint ring: ${contrast.toFixed(1)} to 1`);
  const box = [...at.getClientRects()].sort((one, two) => two.width * two.height - one.width * one.height)[0];
  // A page scrolls by whole pixels, a link may end within one.
  const within = (from, to, most) => from >= -1 && to <= most + 1;
  const tall = box?.height > innerHeight;
  if (!seen(at) || !within(box.left, box.right, innerWidth) || (!tall && !within(box.top, box.bottom, innerHeight)))
    faults.push("is out of sight");
  else if (!at.contains(document.elementFromPoint(
    box.left + box.width / 2, (Math.max(box.top, 0) + Math.min(box.bottom, innerHeight)) / 2)))
    faults.push("is covered");
  return {number: stops.get(at), name: named(at), faults};
}"""
)

MISSED: Final = (
    "() => {"
    + SEEN
    + """
  const every = [...document.querySelectorAll("a[href], button, summary, input, select, textarea, [tabindex]")];
  return [
    ...every.filter((each) => each.tabIndex >= 0 || each.matches("a, button"))
      .filter((each) => seen(each) && !window.stops?.has(each))
      .map((each) => `${named(each)} is never reached`),
    ...every.filter((each) => each.tabIndex > 0).map((each) => `${named(each)} comes before its turn`),
  ];
}"""
)


@pytest.fixture
def page(phone: BrowserContext) -> Page:
    """A page of its own: where the Tab key leads at the end of a page depends on where it has led before."""
    phone.add_init_script(VOICES)
    return phone.new_page()


@pytest.fixture
def dark(browser: Browser) -> Iterator[Page]:
    """A page on a wide screen that is dark."""
    context = browser.new_context(
        base_url=ADDRESS, viewport={"width": 1280, "height": 844}, color_scheme="dark", reduced_motion="reduce"
    )
    context.add_init_script(VOICES)
    yield context.new_page()
    context.close()


def small_targets(page: Page) -> list[str]:
    faults: list[str] = page.evaluate(SMALL_TARGETS)
    return faults


def faults_of_the_skip_link(page: Page) -> list[str]:
    """Press what the keyboard reaches first, and look where it leads."""
    page.keyboard.press("Tab")
    first: dict[str, Any] = page.evaluate(
        """() => {
          const at = document.activeElement, box = at.getBoundingClientRect(), style = getComputedStyle(at);
          return {
            leads: at.getAttribute("href"), seen: style.clipPath === "none" && box.width >= 24 && box.height >= 24 &&
              box.left >= 0 && box.top >= 0 && box.right <= innerWidth && box.bottom <= innerHeight,
          };
        }"""
    )
    if first["leads"] != "#main":
        return [f"the first stop leads to {first['leads']}"]
    faults = [] if first["seen"] else ["the skip link is not seen"]
    page.keyboard.press("Enter")
    top = page.evaluate("document.querySelector('main').getBoundingClientRect().top")
    page.keyboard.press("Tab")
    if not page.evaluate("document.querySelector('main').contains(document.activeElement)"):
        faults.append("the stop after the skip link is not in the main part")
    if not 0 <= top < page.evaluate("innerHeight / 2"):
        faults.append(f"the skip link leaves the main part at {top} px")
    return faults


def faults_of_focus(page: Page) -> list[str]:
    """Go through a whole page with the Tab key held down."""
    faults: list[str] = []
    visits: dict[int, int] = {}
    while True:
        page.keyboard.down("Tab")
        stop: dict[str, Any] | None = page.evaluate(STOP)
        if stop is None:
            return faults + list(page.evaluate(MISSED))
        faults += [f"{stop['name']} {fault}" for fault in stop["faults"]]
        number: int = stop["number"]
        visits[number] = visits.get(number, 0) + 1
        if number < max(visits) or visits[number] > MOST_STOPS_OF_ONE:
            return [*faults, f"{stop['name']} is a trap"]


@pytest.mark.parametrize("name", NAMES)
def test_a_finger_hits_every_control_and_every_link(reader: Page, site: Site, name: str) -> None:
    go_to_all_of(reader, site.paths()[name])
    for width in WIDTHS:
        reader.set_viewport_size({"width": width, "height": 844})
        assert small_targets(reader) == [], f"at {width} px"


SMALL: Final[Mapping[str, tuple[str, str, str]]] = {
    "a low button": (
        "report",
        "button { min-height: 43px !important; padding-block: 0 !important }",
        "control: button",
    ),
    "a narrow button": ("home", "form button { width: 40px !important; padding: 0 !important }", "control: button"),
    "a low field": ("month", "input { min-height: 0 !important; height: 30px !important }", "control: input"),
    "links in a column, too close": (
        "section",
        "footer li a { display: block !important; min-height: 0 !important; font-size: 12px; line-height: 1.2 }",
        "link: a “Trang chủ”",
    ),
    "links in a row, too close": (
        "month",
        ".days li { display: inline } .days a { all: unset; font-size: 10px } .days ul { display: block }",
        "link: a “2”",
    ),
}


@pytest.mark.parametrize("defect", SMALL)
def test_a_target_that_is_too_small_is_found(reader: Page, site: Site, defect: str) -> None:
    name, css, fault = SMALL[defect]
    go_to_all_of(reader, site.paths()[name])
    # A month with one day only has nothing beside it that a finger could hit in its place.
    reader.evaluate("document.querySelectorAll('.days li').forEach((day) => day.after(day.cloneNode(true)))")
    restyle(reader, css)
    assert [each for each in small_targets(reader) if each.startswith(fault)]


@pytest.mark.parametrize("words", ["<p>Xem <a href='/'>x</a> và <a href='/'>x</a>.</p>", "<p><a href='/'>x</a></p>"])
def test_a_small_link_in_a_sentence_or_far_from_others_is_no_fault(
    reader: Page, site: Site, spoil: Spoil, words: str
) -> None:
    place = '<p class="signature">'
    go_to_all_of(reader, spoil(site.short, place, words + place))
    assert small_targets(reader) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_keyboard_reaches_the_text_first(page: Page, site: Site, name: str) -> None:
    page.goto(site.paths()[name])
    assert faults_of_the_skip_link(page) == []


SKIPPED: Final[Mapping[str, tuple[str, str]]] = {
    "another link comes first": ("document.body.prepend(document.querySelector('.brand'))", "the first stop"),
    "it leads nowhere": ("document.querySelector('main').id = ''", "the stop after"),
    "it stays out of sight": (
        "document.querySelector('.skip').style.clipPath = 'inset(50%)'",
        "the skip link is not seen",
    ),
    "it leads past the main part": (
        "document.querySelector('main').style.scrollMarginTop = '-90vh'",
        "the skip link leaves",
    ),
}


@pytest.mark.parametrize("defect", SKIPPED)
def test_a_skip_link_that_does_not_lead_to_the_text_is_found(page: Page, site: Site, defect: str) -> None:
    script, fault = SKIPPED[defect]
    page.goto(site.report)
    page.evaluate(script)
    assert [each for each in faults_of_the_skip_link(page) if each.startswith(fault)]


@pytest.mark.parametrize("name", ["report", "short", "table", "english", "home", "section", "month"])
def test_the_keyboard_goes_through_a_page_on_a_phone(page: Page, site: Site, name: str) -> None:
    go_to_all_of(page, site.paths()[name])
    assert faults_of_focus(page) == []


@pytest.mark.parametrize("name", ["report", "english", "month", "notice", "missing"])
def test_the_keyboard_goes_through_a_page_on_a_wide_dark_screen(dark: Page, site: Site, name: str) -> None:
    go_to_all_of(dark, site.paths()[name])
    assert faults_of_focus(dark) == []


LOST: Final[Mapping[str, tuple[str, str]]] = {
    "no ring": (":focus-visible { outline: 0 !important }", "has a ring of none"),
    "a thin ring": (":focus-visible { outline: 1px solid !important }", "has a ring of solid, 1 px"),
    "a ring that is hard to see": (":focus-visible { outline-color: #bbb !important }", "has a faint ring"),
    "a ring of the colour behind it": ("* { outline-color: #8c1c17 !important }", "has a faint ring"),
    "something that lies over the page": (
        "body::after { content: ''; position: fixed; inset: 0; z-index: 9 }",
        "is covered",
    ),
    "a link beside the page": ("main a { position: fixed !important; left: -20rem !important }", "is out of sight"),
    "a link that is a point": ("main a { position: absolute; overflow: hidden; width: 1px }", "is out of sight"),
}
CAUGHT: Final[Mapping[str, tuple[str, str]]] = {
    "a trap": (
        """addEventListener("keydown", (event) => {
          if (event.key === "Tab" && event.target.matches("main a")) event.preventDefault();
        })""",
        "is a trap",
    ),
    "a circle": (
        """document.querySelector("footer a[href='#top']").addEventListener("keydown", (event) => {
          event.preventDefault(); document.querySelector(".skip").focus();
        })""",
        "is a trap",
    ),
    "a link out of turn": ("document.querySelector('main a').tabIndex = 1", "comes before its turn"),
    "a link that is passed over": ("document.querySelector('main a').tabIndex = -1", "is never reached"),
}


@pytest.mark.parametrize("defect", LOST)
def test_a_stop_that_is_hard_to_see_is_found(page: Page, site: Site, defect: str) -> None:
    css, fault = LOST[defect]
    page.goto(site.missing)
    restyle(page, css)
    assert [each for each in faults_of_focus(page) if fault in each]


@pytest.mark.parametrize("defect", CAUGHT)
def test_a_keyboard_that_is_caught_or_led_astray_is_found(page: Page, site: Site, defect: str) -> None:
    script, fault = CAUGHT[defect]
    page.goto(site.missing)
    page.evaluate(script)
    assert [each for each in faults_of_focus(page) if fault in each]
