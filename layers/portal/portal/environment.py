"""The templates' environment, and how templates write moments, people, style and script."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from email.utils import format_datetime
from functools import cache
from typing import TYPE_CHECKING, Final

from jinja2 import (
    BaseLoader,
    Environment,
    FileSystemLoader,
    ModuleLoader,
    StrictUndefined,
    pass_context,
    select_autoescape,
)
from jinja2.runtime import Context

from portal import source
from portal.article import iso, with_whole_minutes

if TYPE_CHECKING:
    from portal.drawing import Link

_WEEKDAYS: Final = {
    "vi": ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ Nhật"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_MONTHS: Final = "January February March April May June July August September October November December".split()
MONTH_NAMES: Final[Mapping[str, Callable[[int, int], str]]] = {
    "vi": lambda year, month: f"tháng {month}/{year}",
    "en": lambda year, month: f"{_MONTHS[month - 1]} {year}",
}


def new_environment() -> Environment:
    """Make the templates' environment: escaped by default, and an undefined name is an error."""
    folder = source.templates()
    loader: BaseLoader = ModuleLoader(folder) if source.is_built() else FileSystemLoader(folder)
    environment = Environment(
        loader=loader,
        autoescape=select_autoescape(disabled_extensions=("txt",), default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    # Data in a page keeps its Vietnamese letters, and its keys their order.
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "sort_keys": True}
    environment.filters |= {
        "bare": _bare,
        "date": _date,
        "day": _day,
        "moment": _moment,
        "person": _person,
        "iso": iso,
        "rfc822": _rfc822,
    }
    return environment


@cache
def environment() -> Environment:
    """Give this process's environment, in which each template is loaded once."""
    return new_environment()


def _person(author: "Link", site_url: str) -> dict[str, str]:
    """Give an author as schema.org has it."""
    address = {"url": site_url + author.path} if author.path else {}
    return {"@type": "Person", "name": author.name, **address}


@cache
def _bare(code: str) -> str:
    """Leave out what only people need of the style and the script: indentation, empty lines, lines of comment."""
    lines = (line.strip() for line in code.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def _rfc822(moment: datetime) -> str:
    return format_datetime(with_whole_minutes(moment))


def _date(moment: datetime) -> str:
    return f"{moment:%d/%m/%Y}"


@pass_context
def _moment(context: Context, moment: datetime) -> str:
    return f"{_day(context, moment)}, {moment:%H:%M}"


@pass_context
def _day(context: Context, moment: date) -> str:
    language = context["language"]
    weekday = _WEEKDAYS[language][moment.weekday()]
    if language == "vi":
        return f"{weekday}, {moment:%d/%m/%Y}"
    return f"{weekday}, {moment.day} {_MONTHS[moment.month - 1]} {moment.year}"
