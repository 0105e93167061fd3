"""Each code that a verdict or the desk gives has a page, in both languages: what it says, why, and what to do."""

import pytest

from portal.verdicts import catalogue
from tests.docs import markdown

FOLDER = markdown.ROOT / "docs" / "verdicts"
LANGUAGES = {
    "vi": ("Tiếng Việt", "**Vì sao.** ", "**Bạn làm gì.** "),
    "en": ("English", "**Why.** ", "**What to do.** "),
}


def test_every_code_has_a_page_and_there_is_no_other() -> None:
    assert {page.stem for page in FOLDER.glob("*.md")} - {"README"} == catalogue().keys()


@pytest.mark.parametrize("code", catalogue())
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_says_what_the_message_says_why_it_comes_and_what_to_do(code: str, language: str) -> None:
    heading, *parts = LANGUAGES[language]
    told = markdown.section(markdown.read(f"docs/verdicts/{code}.md"), heading)
    assert f"> {catalogue()[code][language]}\n" in told
    for part in parts:
        [said] = [line for line in told.splitlines() if line.startswith(part)]
        assert len(said) > len(part) + 10


def test_the_index_has_every_code_with_its_messages() -> None:
    rows = [row for row in markdown.rows(markdown.read("docs/verdicts/README.md")) if row[0].startswith("[")]
    assert rows == [[f"[`{code}`]({code}.md)", words["vi"], words["en"]] for code, words in catalogue().items()]
