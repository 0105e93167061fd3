"""The documents lead to what is there."""

import re
from urllib.parse import unquote, urlsplit

import pytest

from tests.docs import markdown

DOCUMENTS = [path.relative_to(markdown.ROOT).as_posix() for path in markdown.documents()]
_OF_THE_PROJECT = re.compile(r"(?:docs|edge|functions|layers|local|portal|samples|templates|tests)/[\w./-]+")

_HOSTS = {"127.0.0.1", "docs.aws.amazon.com", "login.microsoftonline.com"}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_link_within_the_project_leads_somewhere(name: str) -> None:
    lost = []
    for link in markdown.links(markdown.read(name)):
        parts = urlsplit(link)
        if parts.scheme:
            continue
        target = (markdown.ROOT / name).parent / unquote(parts.path) if parts.path else markdown.ROOT / name
        is_there = target.exists() and (
            not parts.fragment or unquote(parts.fragment) in markdown.anchors(target.read_text(encoding="utf-8"))
        )
        lost += [] if is_there else [link]
    assert lost == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_file_that_a_document_names_is_there(name: str) -> None:
    named = [word for word in markdown.quoted(markdown.read(name)) if _OF_THE_PROJECT.fullmatch(word)]
    homes = (markdown.ROOT, markdown.ROOT / "layers" / "portal", (markdown.ROOT / name).parent)
    assert [word for word in named if not any((home / word).exists() for home in homes)] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_make_target_that_a_document_names_is_there(name: str) -> None:
    targets = set(re.findall(r"^(\w+):", markdown.read("Makefile"), re.MULTILINE))
    text = markdown.read(name)
    commands = [*markdown.quoted(text), *"".join(markdown.blocks(text, "sh")).splitlines()]
    named = {found[1] for command in commands if (found := re.match(r"make ([a-z]+)", command))}
    assert named - targets == set()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_names_no_place_of_one_machine(name: str) -> None:
    text = markdown.read(name)
    assert re.findall(r"(?<![\w$.])/(?:home|root|Users|work|opt)/\S+", text) == []
    hosts = set(re.findall(r"https?://([\w.-]+\w)(?![\w.<-])", text))
    assert {host for host in hosts if not host.endswith((".example", "example.org"))} <= _HOSTS


def test_every_document_is_found_from_the_readme() -> None:
    found, new = set(), {markdown.ROOT / "README.md"}
    while new:
        found |= new
        linked = {
            (path.parent / urlsplit(link).path).resolve()
            for path in new
            for link in markdown.links(path.read_text(encoding="utf-8"))
            if link.split("#")[0].endswith(".md") and not urlsplit(link).scheme
        }
        new = {path for path in linked if path.exists()} - found
    assert [name for name in DOCUMENTS if markdown.ROOT / name not in found] == []
