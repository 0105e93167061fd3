"""The rich-text editor: what it yields is what the sanitiser keeps, and nothing of that is lost on the way."""

import random
import re
from collections.abc import Iterator
from typing import Final

import pytest
from hypothesis import Phase, given, settings
from playwright.sync_api import Browser, Page

from portal.markup import ATTRIBUTES, TAGS, sanitise, shown_text
from tests.browser.conftest import ADDRESS
from tests.input.hostile_html import soup
from tests.newsroom import SAMPLES, Newsroom, sample

BODIES: Final = 150
INLINE: Final = "strong b em i u s sub sup cite q a abbr code".split()
WORDS: Final = ["Bản Lả", "ngày 20/11", "5 < 6", "R&D", "“mở”", "12.000\u00a0đồng", "cầu"]
LANGUAGES: Final = ["vi", "en", "fr"]
# White space that nobody sees.
AROUND_BLOCKS: Final = re.compile(
    r"\s*(</?(?:p|h[2-4]|[uod]l|li|d[td]|table|caption|t(?:head|body|foot|[rdh]))\b[^>]*>)\s*"
)
EDIT: Final = """async (bodies) => {
  const names = ["rich-text", "body", "words"];
  const [{ create }, { trusted }, { t }] = await Promise.all(names.map((name) => import(`/desk/${name}.js`)));
  const place = document.body.appendChild(document.createElement("div"));
  const given = { html: "", label: "x", described: "x", t, trusted, ask: () => {}, changed: () => {} };
  const editor = create(place, given);
  const written = bodies.map((body) => {
    editor.set(body);
    place.querySelector(".ProseMirror").pmViewDesc.node.check();
    return editor.html();
  });
  editor.destroy();
  place.remove();
  return written;
}"""


@pytest.fixture(scope="module")
def desk(browser: Browser, served: Newsroom) -> Iterator[Page]:
    """The desk's page, whose own modules the tests use."""
    assert served.read("/desk/rich-text.js").status_code == 200, "the editor is not built: `make desk`"
    context = browser.new_context(base_url=ADDRESS)
    page = context.new_page()
    page.goto("/desk/")
    yield page
    context.close()


class Writer:
    """Writes bodies as the HTML standard lets them be: every tag and attribute that a page may carry, in its place."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 (the same bodies each time)

    def body(self) -> str:
        return self.tag("p", self.line()) + "".join(self.block(0) for _ in range(self.chance.randint(1, 4)))

    def tag(self, name: str, content: str, **attributes: str) -> str:
        # The sanitiser leaves attributes in whatever order they are; the editor in one.
        language = {"lang": self.chance.choice(LANGUAGES)} if self.chance.random() < 0.15 else {}
        written = "".join(f' {each}="{value}"' for each, value in (language | attributes).items())
        return f"<{name}{written}>" if content == "void" else f"<{name}{written}>{content}</{name}>"

    def line(self, depth: int = 0, without: frozenset[str] = frozenset()) -> str:
        pieces = []
        for _ in range(self.chance.randint(1, 4)):
            pieces.append(self.chance.choice(WORDS).replace("&", "&amp;").replace("<", "&lt;"))
            if self.chance.random() < 0.1:
                pieces[-1] += self.tag("br", "void") + "thôn"
            if depth < 3 and self.chance.random() < 0.5:
                pieces.append(self.inline(depth, without))
        return self.chance.choice(["", " "]).join(pieces)

    def inline(self, depth: int, without: frozenset[str]) -> str:
        name = self.chance.choice([each for each in INLINE if each not in without])
        attributes = {}
        if name == "a":
            attributes = {"href": self.chance.choice(["https://example.org/?a=1&amp;b=2", "/tin-tuc/", "tel:113"])}
        if name in ("a", "abbr") and self.chance.random() < 0.5:
            attributes["title"] = "Ủy ban &quot;x&quot;"
        inner = without | {"a"} if name == "a" else without
        return self.tag(name, self.line(depth + 1, inner), **attributes)

    def flow(self, depth: int) -> str:
        """What stands in an item or a cell: a line, blocks, or a line with blocks after it."""
        kind = self.chance.random()
        if depth > 2 or kind < 0.5:
            return self.line()
        blocks = "".join(self.block(depth + 1) for _ in range(self.chance.randint(1, 2)))
        return blocks if kind < 0.8 else self.line() + blocks

    def block(self, depth: int) -> str:
        kinds = ["p", "p", "p", "h2", "h3", "h4", "pre", "hr", "loose"]
        if depth < 3:
            kinds += ["blockquote", "ul", "ol", "dl", "table"]
        name = self.chance.choice(kinds)
        match name:
            case "loose":
                return self.line() + self.tag("hr", "void")
            case "hr":
                return self.tag("hr", "void")
            case "blockquote":
                return self.tag("blockquote", self.flow(depth))
            case "ul" | "ol" | "dl":
                return self.list(name, depth)
            case "table":
                return self.table(depth)
            case _:
                return self.tag(name, self.line() + ("\n  " + self.line() if name == "pre" else ""))

    def list(self, name: str, depth: int) -> str:
        some = range(self.chance.randint(1, 3))
        if name == "dl":
            pairs = (self.tag("dt", self.line()) + self.tag("dd", self.flow(depth)) for _ in some)
            return self.tag("dl", "".join(pairs))
        start = {"start": "3"} if name == "ol" and self.chance.random() < 0.5 else {}
        return self.tag(name, "".join(self.tag("li", self.flow(depth)) for _ in some), **start)

    def table(self, depth: int) -> str:
        caption = self.tag("caption", self.line()) if self.chance.random() < 0.5 else ""
        head = self.tag("thead", self.row(depth, "th")) if self.chance.random() < 0.5 else ""
        bodies = "".join(
            self.tag("tbody", "".join(self.row(depth, "td") for _ in range(self.chance.randint(1, 3))))
            for _ in range(self.chance.randint(1, 2))
        )
        foot = self.tag("tfoot", self.row(depth, "td")) if self.chance.random() < 0.3 else ""
        return self.tag("table", caption + head + bodies + foot)

    def row(self, depth: int, kind: str) -> str:
        cells = []
        for _ in range(self.chance.randint(1, 3)):
            spans = {name: "2" for name in ("colspan", "rowspan") if self.chance.random() < 0.2}
            name = "th" if self.chance.random() < 0.2 else kind
            scope = {"scope": "col"} if name == "th" and self.chance.random() < 0.5 else {}
            cells.append(self.tag(name, self.flow(depth + 1), **scope, **spans))
        return self.tag("tr", "".join(cells))


def clean(html: str) -> str:
    sanitised, fault = sanitise(html)
    assert fault is None, fault
    return sanitised


def first_difference(one: str, other: str) -> tuple[str, str]:
    """Give what follows where two texts part, with a little of what is before it."""
    parted = (index for index, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    place = max(next(parted, min(len(one), len(other))) - 60, 0)
    return one[place : place + 160], other[place : place + 160]


def words(html: str) -> list[str]:
    """Give what a reader reads of a body, without regard to where its lines end."""
    return re.sub(r"\s+", "", shown_text(html)).split()


def test_whatever_a_page_may_carry_comes_out_of_the_editor_as_it_went_in(desk: Page) -> None:
    bodies = [Writer(seed).body() for seed in range(BODIES)]
    every = "".join(bodies)
    assert {tag for tag in TAGS if f"<{tag}" not in every} == set()
    used = {name for names in ATTRIBUTES.values() for name in names}
    assert {name for name in used if f" {name}=" not in every} == set()
    written = desk.evaluate(EDIT, bodies)
    pairs = [(clean(body), clean(html)) for body, html in zip(bodies, written, strict=True)]
    assert [first_difference(*pair) for pair in pairs if pair[0] != pair[1]][:3] == []


def test_the_samples_come_out_of_the_editor_as_they_went_in(desk: Page) -> None:
    bodies = [str(sample(path.stem)["body"]) for path in sorted(SAMPLES.glob("*.json"))]
    written = desk.evaluate(EDIT, bodies)
    for body, html in zip(bodies, written, strict=True):
        expected = AROUND_BLOCKS.sub(r"\1", clean(body))
        assert clean(html) == expected, first_difference(clean(html), expected)


def test_whatever_is_pasted_the_editor_yields_what_the_sanitiser_would_keep_and_loses_no_word_of_it(desk: Page) -> None:
    found: list[str] = []

    @settings(max_examples=500, phases=[Phase.generate], database=None, derandomize=True)
    @given(html=soup)
    def gather(html: str) -> None:
        found.append(html)

    gather()
    kept = [(html, sanitised) for html, (sanitised, fault) in ((each, sanitise(each)) for each in found) if not fault]
    assert len(kept) > 100
    written = desk.evaluate(EDIT, [sanitised for _, sanitised in kept])
    for (_, sanitised), html in zip(kept, written, strict=True):
        assert words(html) == words(sanitised)
        assert clean(html) == clean(clean(html))
