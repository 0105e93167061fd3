"""Where templates, desk and the newsroom's settings are: in the layer as built, or in the source tree beside it."""

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).parent
BUILT: Final = _PACKAGE / "built"  # made by `portal.build`: compiled templates, words, desk, settings, fingerprint
_TREE: Final = _PACKAGE.parents[2]
_BUNDLES: Final = "bundles"  # of the desk's npm packages, in a folder below its own: made by `make desk`
_DESK_SUFFIXES: Final = frozenset({".css", ".js"})


def is_built() -> bool:
    """Tell whether this package was built into a layer."""
    return BUILT.is_dir()


def templates() -> Path:
    """Give the folder of the templates: compiled in a layer, their source in the tree."""
    return BUILT / "templates" if is_built() else _TREE / "templates"


def site_settings() -> Path:
    """Give the path of `site.toml`."""
    return (BUILT if is_built() else _TREE) / "site.toml"


def words() -> Path:
    """Give the path of the words that pages use, by language."""
    return BUILT / "words.toml" if is_built() else _TREE / "templates" / "words.toml"


@cache
def desk() -> Mapping[str, Path]:
    """Give the files of the desk in the browser, by their names, which are in one flat folder of the site.

    The bundles of the rich-text editor and of the Word converter are among them when they were built.
    """
    folder = (BUILT if is_built() else _TREE) / "desk"
    found = [path for place in (folder, folder / _BUNDLES) for path in place.glob("*") if path.suffix in _DESK_SUFFIXES]
    return {path.name: path for path in sorted(found, key=lambda path: path.name)}


def fingerprint() -> str:
    """Give a digest of what decides how a page looks besides its partition: templates, desk, settings, this package."""
    if is_built():
        return (BUILT / "fingerprint").read_text(encoding="ascii")
    digest = sha256()
    sources = [*templates().rglob("*"), *desk().values(), site_settings(), *_PACKAGE.glob("*.py")]
    for path in sorted(path for path in sources if path.is_file()):
        digest.update(path.relative_to(_TREE).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
