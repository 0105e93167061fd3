"""What the README says can be done, can be done."""

import http.client
import json
import re
import shutil
import subprocess
from urllib.parse import urlsplit

import pytest

from tests.docs import markdown
from tests.newsroom import visible_text

README = markdown.read("README.md")
needs_curl = pytest.mark.skipif(not (shutil.which("bash") and shutil.which("curl")), reason="needs bash and curl")


def read_page(url: str) -> tuple[int, str]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    connection.request("GET", parts.path)
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return response.status, text


def run(script: str, address: str) -> str:
    """Run a script of a document against the portal at an address."""
    assert "http://127.0.0.1:8000" in script
    done = subprocess.run(  # noqa: S603 (our own document)
        [str(shutil.which("bash")), "-c", script.replace("http://127.0.0.1:8000", address)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


@needs_curl
def test_the_upload_of_the_readme_works_to_the_letter(address: str) -> None:
    [script] = markdown.blocks(markdown.section(README, "Upload an article"), "sh")
    answer = json.loads(run(script, address))
    assert answer["verdict"]["outcome"] == "accepted"
    status, page = read_page(answer["url"])
    assert status == 200
    assert "Xin chào bạn đọc." in visible_text(page)
    assert answer["title"] in visible_text(read_page(f"{address}/")[1])


@needs_curl
def test_the_commands_of_the_editors_page_work_to_the_letter(address: str) -> None:
    """First upload, change, conflict, a mistake in the id, and the list."""
    text = markdown.read("docs/editors.md")
    [first, *_] = markdown.blocks(text, "json")
    commands = markdown.blocks(text, "sh")
    [definitions] = [block for block in commands if "upload()" in block]
    [listing] = [block for block in set(commands) if block.startswith("curl")]
    used = {block.strip() for block in commands} - {definitions.strip(), listing.strip()}
    assert used == {
        "upload bai.json",
        "verdict q85ccnd848",
        "verdict q85ccnd848 en",
        "upload bai.json q85ccnd848",
        "upload bai.json q85ccnd848 1",
    }
    script = f"""{definitions}
        cd "$(mktemp -d)" && cat > bai.json <<'END'\n{first}END
        ID=$(upload bai.json); sleep 1; verdict $ID; echo ,
        upload bai.json $ID > again; upload bai.json $ID 1 >> again; sleep 1
        verdict $ID en; echo ,
        upload bai.json $ID 77 2> refused; upload bai.json nosuch 2> unknown
        {listing} echo ,
        python3 -c 'import json; print(json.dumps([open(name).read() for name in ("again", "refused", "unknown")]))'
        """
    accepted, conflict, listed, (again, refused, unknown) = json.loads(f"[{run(script, address)}]")
    assert accepted["verdict"] == {"upload": 1, "accepted": True, "outcome": "accepted", "errors": []}
    assert again.split() == [accepted["id"]] * 2
    assert conflict["upload"] == 2
    assert conflict["verdict"]["outcome"] == "conflict"
    assert conflict["verdict"]["errors"][0]["message"].startswith("This was written from upload 1")
    assert accepted["id"] in [entry["id"] for entry in listed["articles"]]
    assert json.loads(refused)["errors"][0]["code"] == "base"
    assert unknown == "404: no such article\n"


def test_every_folder_and_file_of_the_root_is_in_the_tree_and_nothing_else() -> None:
    [tree] = markdown.blocks(markdown.section(README, "Where things are"), "text")
    named = {line.split()[0] for line in tree.splitlines()}
    ignored = {line.strip().rstrip("/") for line in markdown.read(".gitignore").splitlines()}
    there = {
        path.name + ("/" if path.is_dir() else "")
        for path in markdown.ROOT.iterdir()
        if path.name not in ignored | {".git", "README.md"}
    }
    assert named == there


def test_every_parameter_is_in_the_readme() -> None:
    parameters = re.search(r"^Parameters:\n(.*?)^\w", markdown.read("template.yaml"), re.MULTILINE | re.DOTALL)
    assert parameters
    names = re.findall(r"^  (\w+):$", parameters[1], re.MULTILINE)
    assert names
    assert [name for name in names if f"`{name}`" not in markdown.section(README, "Deploy")] == []
