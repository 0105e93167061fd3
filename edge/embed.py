"""Copy into `template.yaml` what CloudFormation can't read from a file: the edge functions and the policy's hashes.

`python -m edge.embed` writes them; with `--check` it writes nothing, and fails when the template differs.
"""

import argparse
import base64
import re
import sys
import textwrap
from hashlib import sha256
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(_ROOT / "layers" / "portal"))  # the package is a layer's, and installed nowhere

from portal.environment import new_environment  # noqa: E402

_TEMPLATE = _ROOT / "template.yaml"

# The lines of a block are those indented more than its key, and blank ones between such.
_CODE = re.compile(
    r"^(?P<indent> +)FunctionCode: \| # (?P<source>edge/\w+\.js)\b.*\n"
    r"(?P<code>(?:(?P=indent) +\S.*\n|\n(?=\n*(?P=indent) +\S))*)",
    re.MULTILINE,
)
_DIRECTIVES = {"style": "style-src", "script": "script-src"}
_POLICIES = 2  # of the pages; and of the desk, which shows in a frame what readers will get


class EmbedError(Exception):
    """The template or the layout has no place for what is to be embedded; the message names it."""


def embedded(template: str) -> str:
    """Return the template's text with the present edge functions and hashes in their places.

    Raises `EmbedError` when the template lacks a place for one of them, or the layout an inline style or script.
    """
    for element, directive in _DIRECTIVES.items():
        template, places = re.subn(
            rf"^( +{directive}(?: 'self')?) 'sha256-[^']*';$",
            rf"\1 '{inline_hash(element)}';",
            template,
            flags=re.MULTILINE,
        )
        if places != _POLICIES:
            raise EmbedError(f"{_TEMPLATE.name} has {places} lines for {directive}, not {_POLICIES}")
    sources = sorted(path.relative_to(_ROOT).as_posix() for path in (_ROOT / "edge").glob("*.js"))
    places_of_code = sorted(match["source"] for match in _CODE.finditer(template))
    if places_of_code != sources:
        raise EmbedError(f"{_TEMPLATE.name} has places for {places_of_code}, and there are {sources}")
    return _CODE.sub(_code, template)


def inline_hash(element: str) -> str:
    """Return the hash by which a Content-Security-Policy allows the shell's inline `style` or `script`.

    It covers all that stands between the two tags, as the page has it (CSP Level 3, "Does element match source list").
    """
    layout = (_ROOT / "templates" / "blocks" / "shell.html").read_text(encoding="utf-8")
    found = re.findall(rf"<{element}>.*?</{element}>", layout, re.DOTALL)
    if len(found) != 1:
        raise EmbedError(f"templates/blocks/shell.html has {len(found)} inline elements {element}, not one")
    # Rendered with its tags, since Jinja2 treats a template's ends specially.
    rendered = new_environment().from_string(found[0]).render()
    content = rendered.removeprefix(f"<{element}>").removesuffix(f"</{element}>")
    return f"sha256-{base64.b64encode(sha256(content.encode()).digest()).decode()}"


def _code(place: re.Match[str]) -> str:
    source = (_ROOT / place["source"]).read_text(encoding="utf-8")
    head = place[0][: len(place[0]) - len(place["code"])]
    return head + textwrap.indent(source, place["indent"] + "  ")


def main() -> None:
    """Embed, or with `--check` only compare."""
    parser = argparse.ArgumentParser(prog="python -m edge.embed", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail when the template differs")
    check = parser.parse_args().check
    present = _TEMPLATE.read_text(encoding="utf-8")
    wanted = embedded(present)
    if wanted == present:
        return
    if check:
        sys.exit(f"{_TEMPLATE.name} has not the present edge functions and hashes: run `make edge`")
    _TEMPLATE.write_text(wanted, encoding="utf-8")


if __name__ == "__main__":
    main()
