"""The newsroom's settings: what can't be used is refused before it is deployed, every place at once."""

import re
from pathlib import Path

import pytest

from portal import build, source
from portal.site import SiteError, read_site

ALL = source.site_settings().read_text(encoding="utf-8")
RIGHT = ALL[
    : ALL.index("\n[en]\n") + 1
]  # without its names in English, which would have to name each section that is added
SECTION = '[[sections]]\nslug = "{}"\ntitle = "{}"\n'


def refusal(folder: Path, text: str) -> list[str]:
    """Read settings that have to be refused; give what is said."""
    path = folder / "site.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SiteError) as caught:
        read_site(path)
    return str(caught.value).splitlines()


def replaced(pattern: str, text: str) -> str:
    """Give the settings with one line changed."""
    changed, count = re.subn(f"^{pattern}.*$", text, RIGHT, count=1, flags=re.MULTILINE)
    assert count == 1
    return changed


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('kinh-te = "Economy"\n', "", "[en]: sections has no title for kinh-te"),
        ('kinh-te = "Economy"', 'kinh-te = " "', "[en]: the title of kinh-te must be text"),
        (
            'kinh-te = "Economy"',
            'kinh-te = "Economy"\nx = "X"',
            "[en]: sections has a title for x, which is no section",
        ),
        ('name = "Son Thanh', 'nam = "Son Thanh', "[en]: name must be text"),
        ("[en]\n", '[en]\nmotto = "X"\n', "[en]: motto is unknown"),
    ],
)
def test_names_in_another_language_are_all_there_or_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in ALL
    head, names = ALL[: ALL.index("\n[en]\n") + 1], ALL[ALL.index("\n[en]\n") + 1 :]
    assert any(line.startswith(f"site.toml: {said}") for line in refusal(tmp_path, head + names.replace(old, new)))


def test_names_in_another_language_that_are_no_table_are_refused(tmp_path: Path) -> None:
    assert "site.toml: [en]: it must be a table of names" in refusal(tmp_path, f"en = 7\n{RIGHT}")


def test_without_names_in_its_language_a_page_names_the_site_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text(RIGHT, encoding="utf-8")
    site = read_site(path)
    assert site.in_language("en") is site
    assert read_site(source.site_settings()).in_language("en").sections[3].title == "Economy"


def test_the_settings_of_this_site_can_be_used() -> None:
    assert read_site(source.site_settings()).sections[0].slug == "tin-tuc"


@pytest.mark.parametrize(
    ("slug", "said"),
    [
        ("Tin-Tuc", "1 to 60 of the characters a-z, 0-9 and -"),
        ("tin tuc", "1 to 60 of the characters a-z, 0-9 and -"),
        ("tin/tuc", "1 to 60 of the characters a-z, 0-9 and -"),
        ("tin-tức", "1 to 60 of the characters a-z, 0-9 and -"),
        ("tin-tuc\\n", "1 to 60 of the characters a-z, 0-9 and -"),
        ("", "1 to 60 of the characters a-z, 0-9 and -"),
        (61 * "a", "1 to 60 of the characters a-z, 0-9 and -"),
        ("desk", "choose another"),
        ("tag", "choose another"),
        ("author", "choose another"),
        ("local", "choose another"),
        ("2026", "choose another"),
        ("english", "is the slug of section 6"),
    ],
)
def test_a_slug_that_can_be_no_sections_is_refused(tmp_path: Path, slug: str, said: str) -> None:
    [line] = refusal(tmp_path, RIGHT + SECTION.format(slug, "Mới"))
    assert line.startswith("site.toml: section 7: ")
    assert said in line


@pytest.mark.parametrize("slug", ["tags", "desk-2", "20260", "202", "a", 60 * "a"])
def test_a_slug_that_only_resembles_one_of_the_sites_own_is_taken(tmp_path: Path, slug: str) -> None:
    path = tmp_path / "site.toml"
    path.write_text(RIGHT + SECTION.format(slug, "Mới"), encoding="utf-8")
    assert read_site(path).sections[-1].path == f"/{slug}/"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (replaced("name", 'name = " "'), "name must be text"),
        (replaced("organisation", ""), "organisation must be text"),
        (replaced("description", "description = 7"), "description must be text"),
        (replaced("language", 'language = "fr"'), "language must be one of vi, en"),
        (replaced("language", ""), "language must be one of vi, en"),
        (replaced("zone", 'zone = "Asia/Ha_Noi"'), "zone must be the name"),
        (replaced("zone", 'zone = "../zone"'), "zone must be the name"),
        (replaced("zone", 'zone = "Asia"'), "zone must be the name"),
        (replaced("zone", 'zone = ""'), "zone must be the name"),
        (replaced("zone", "zone = 7"), "zone must be the name"),
        (replaced('title = "English"', 'title = ""'), "section 6: its title must be text"),
        (replaced('title = "English"', ""), "section 6: its title must be text"),
        (replaced('language = "en"', 'language = "fr"'), "section 6: its language must be one of vi, en"),
        (replaced('slug = "english"', ""), "section 6: its slug must be"),
        (RIGHT.partition("[[sections]]")[0], "there must be [[sections]]"),
        (RIGHT.partition("[[sections]]")[0] + "sections = []", "there must be [[sections]]"),
        (RIGHT.partition("[[sections]]")[0] + "[sections]", "there must be [[sections]]"),
        (replaced("name", "name ="), "is not TOML in UTF-8"),
    ],
)
def test_a_setting_that_can_not_be_used_is_named(tmp_path: Path, text: str, said: str) -> None:
    [line] = refusal(tmp_path, text)
    assert line.startswith("site.toml")
    assert said in line


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    text = replaced("language", 'language = "fr"').replace('"tin-tuc"', '"Tin tức"').replace('"Kinh tế"', '""')
    said = refusal(tmp_path, text + SECTION.format("desk", ""))
    assert [line.removeprefix("site.toml: ").split(" must")[0].split(": the site")[0] for line in said] == [
        "language",
        "section 1: its slug",
        "section 4: its title",
        "section 7",
        "section 7: its title",
    ]


def test_settings_that_can_not_be_used_fail_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "site.toml"
    broken.write_text(RIGHT + SECTION.format("desk", "Bàn"), encoding="utf-8")
    monkeypatch.setattr(source, "site_settings", lambda: broken)
    (tmp_path / "package").mkdir()
    with pytest.raises(SiteError):
        build.build(tmp_path / "package")
    assert not (tmp_path / "package/built").exists()
