"""The uploads that take the longest to judge for their size: each went, or could go, quadratic.

Run as a module, it judges them one after the other and prints name, seconds of processor time and the first code, or
`accepted`. It may take `MEMORY` bytes: a parser that runs away then ends the run instead of the machine.
"""

import resource
import sys
from collections.abc import Iterator
from time import process_time
from typing import Final

from portal.article import MAX_UPLOAD_BYTES
from portal.judge import judge
from tests.input.uploads import RIGHT, SITE, article, as_bytes

MEMORY: Final = 1024**3  # what intake has, and the interpreter with it


def body(html: str) -> bytes:
    """Give an upload with that body."""
    return as_bytes(article(body=html))


def filled(unit: bytes, before: bytes = b"", after: bytes = b"") -> bytes:
    """Repeat a piece of JSON as often as an upload can hold it."""
    return before + unit * ((MAX_UPLOAD_BYTES - len(before) - len(after)) // len(unit)) + after


def worst() -> Iterator[tuple[str, bytes, str]]:
    """Give each with its name and the first code that it gets, or `accepted`."""
    # JSON
    yield "one name again and again", filled(b'"a":1,', b"{", b'"a":1}'), "missing"
    yield "objects with a name twice", filled(b'{"":1,"":1},', b"[", b"1]"), "duplicate_field"
    yield "many unknown fields", as_bytes({f"k{number}": 1 for number in range(75_000)}), "missing"
    yield "many numbers that are none", filled(b"NaN,", b"[", b"1]"), "number"
    yield "many empty objects", filled(b"{},", b"[", b"{}]"), "type"
    yield "a million digits", filled(b"1"), "number"
    yield "a million decimals", filled(b"1", b"0."), "type"
    yield "brackets", filled(b"["), "depth"
    yield "quotation marks", filled(b'"'), "json"
    yield "prototypes", filled(b'{"__proto__":{"constructor":[]}},', b"[", b"1]"), "type"
    yield "surrogates", filled(b"\\ud800", b'{"title":"', b'"}'), "surrogate"
    yield "long names", as_bytes({"k" * 400_000: 1, "l" * 400_000: 1}), "missing"
    yield "backslashes", filled(b"\\\\", b'"'), "json"
    # lists and texts
    yield "tags without end", as_bytes(article(tags=["a"] * 200_000)), "too_many"
    yield "ids without end", as_bytes(article(related=["A"] * 200_000)), "too_many"
    yield "marks in disorder", as_bytes(article(title="a" + "\u0301\u0323" * 250_000)), "too_long"
    yield "marks in a body", body("a" + "\u0301\u0323" * 250_000), "accepted"
    yield "spaces", as_bytes(article(title=" a" * 500_000)), "too_long"
    # HTML
    yield "nested boxes", body("<div>" * 100_000), "too_many_tags"
    yield "nested quotations", body("<blockquote>" * 9_990 + "x"), "too_deep"
    yield "nested formatting", body("<b>" * 9_990 + "x"), "too_deep"
    formatting = "".join(f'<b lang="{number}" title="</b>">' for number in range(2_000))
    yield "formatting behind a decoy", body(f"<p>{formatting}" + "<p>x" * 5_000), "too_deep"
    yield (
        "formatting left open",
        body("<p>" + "".join(f"<b lang={n}>" for n in range(59)) + "<p>x" * 9_900),
        "unstable_markup",
    )
    yield "a long link left open", body(f'<a href="/{"x" * 500_000}">' + "<p>x" * 9_900), "unstable_markup"
    barrier = "".join(f'<b lang="{number}">' for number in range(59)) + "<table><td>" + "</b>" * 59 + "</table>"
    yield "formatting behind a table", body(f"<p>{barrier * 40}" + "<p>x" * 4_000), "accepted"
    yield "ampersands", body("&" * 600_000), "too_many_entities"
    yield "no-break spaces", body("x\u00a0" * 300_000), "too_many_entities"
    yield "micro signs", body("aµ" * 300_000), "too_many_entities"
    yield "as many ampersands as may be", body("&" * 20_000 + "x" * 500_000), "accepted"
    yield "less-than signs", body("<" * 600_000), "accepted"
    yield "comments that never end", body("<!--" * 150_000), "accepted"
    yield "attributes", body("<p " + " ".join(f"a{number}" for number in range(80_000)) + ">x"), "accepted"
    yield "one attribute again and again", body("<p " + "lang=x " * 80_000 + ">x"), "accepted"
    yield "declarations", body("<![CDATA[" * 60_000), "accepted"
    yield "instructions", body("<?x " * 150_000), "accepted"
    yield "ends of nothing", body("</script" * 70_000), "accepted"
    yield "scripts that never end", body("x" + "<script></scrip" * 35_000), "accepted"
    yield "drawings", body("x<svg/>" * 9_990), "accepted"
    yield "references that never end", body("&#x" * 19_990 + "0" * 500_000), "accepted"
    yield "a reference without end", body("&" + "a" * 599_000), "accepted"
    yield "line feeds in pre", body("<pre>" + "\n" * 500_000 + "x"), "accepted"
    yield "equals signs in a tag", body("<p " + "=" * 590_000 + ">x"), "accepted"
    yield "slashes in a tag", body("<p " + "/ " * 290_000 + ">x"), "accepted"
    yield "an address of controls", body('<a href="' + "&#9;" * 19_000 + 'javascript:x">x'), "accepted"
    yield "quotation marks in a tag", body("<p " + 'a="' * 190_000), "accepted"
    yield "paragraphs left open", body("<p>x" * 9_990), "accepted"
    yield "text in a table", body("<table>" + "x<tr>" * 9_900), "accepted"


def main() -> None:
    """Judge them all."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    judge(as_bytes(RIGHT), SITE)  # what is read once is not of any one's making
    for name, content, _ in worst():
        began = process_time()
        judgement = judge(content, SITE)
        code = judgement[0].code if isinstance(judgement, list) else "accepted"
        sys.stdout.write(f"{name}\t{process_time() - began:.3f}\t{code}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
