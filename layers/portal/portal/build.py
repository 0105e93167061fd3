"""Build what the layer carries beside the package: `python -m portal.build <folder of the package in the layer>`."""

import shutil
import sys
from pathlib import Path

from portal import source
from portal.environment import new_environment
from portal.site import read_site


def build(package: Path) -> None:
    """Compile the templates and copy desk, settings and words into `<package>/built`.

    Raises:
        portal.site.SiteError: the newsroom's settings can't be used.
        jinja2.TemplateSyntaxError: a template is broken; nothing is skipped.
    """
    read_site(source.site_settings())
    built = package / "built"
    built.mkdir(parents=True)
    new_environment().compile_templates(
        built / "templates",
        zip=None,
        ignore_errors=False,
        filter_func=lambda name: not name.endswith(".toml"),
    )
    shutil.copy(source.site_settings(), built / "site.toml")
    shutil.copy(source.words(), built / "words.toml")
    (built / "desk").mkdir()
    for name, path in source.desk().items():
        shutil.copy(path, built / "desk" / name)
    (built / "fingerprint").write_text(source.fingerprint(), encoding="ascii")


if __name__ == "__main__":
    build(Path(sys.argv[1]))
