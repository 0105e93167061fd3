"""Runs the portal on this machine until it is told to stop: `make run`."""

import argparse
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

from werkzeug.serving import WSGIRequestHandler, make_server

from local.portal import LocalPortal, StartError
from local.samples import UploadError, upload_samples
from local.template import ROOT

HOST = "127.0.0.1"
LOG = ROOT / ".local" / "portal.log"

_PROPAGATION = 0.25  # seconds that an invalidation takes to reach the edge
# Turns the desk's answer into a configuration of curl's.
_TO_CURL = (
    'import json, sys; u = json.load(sys.stdin)["upload"]; print("url =", json.dumps(u["url"])); '
    '[print("header =", json.dumps(": ".join(h))) for h in u["headers"].items()]'
)
_APPROVAL = "; what one of them submits, another one approves"
_READY = """
The portal is ready.

  site       {address}/
  desk       {address}/desk/  (sign in as Hà Thu, an editor, or as Minh Châu, who may approve, too{approval})
  desk API   {address}/desk/api/articles
  a token    {address}/local/token
  log        {log}  (what the functions say, one JSON object a line)

Upload an article of your own and see what becomes of it:

  FILE=samples/thong-xe-cau-ban-la.json
  TOKEN=$(curl -s {address}/local/token)
  curl -s {address}/desk/api/articles -H "Authorization: Bearer $TOKEN" \\
       -H 'Content-Type: application/json' -d '{{"size": '$(wc -c < $FILE)'}}' > issued.json
  python3 -c '{to_curl}' < issued.json | curl -s -K - -T $FILE
  curl -s {address}/desk/api/articles/$(python3 -c 'import json; print(json.load(open("issued.json"))["id"])') \\
       -H "Authorization: Bearer $TOKEN"

See how it stands, as an operator does:

  ./portal status <id> --address {address}

Everything is in memory and ends with this process. Stop it with Ctrl-C.
"""


class PortError(Exception):
    """The port can't be used; the message says why."""


class _QuietHandler(WSGIRequestHandler):
    """Leaves the terminal to what the command itself says."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing about a request."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    options = _parser().parse_args(arguments)
    # Functions' output is caught by replacing sys.stdout while they run, in whatever thread: hold on to the real one.
    terminal = sys.stdout
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with _bound(options.port) as listening:
            port = listening.getsockname()[1]
            return _serve(listening, f"http://{HOST}:{port}", options, terminal)
    except PortError as error:
        print(f"Port {options.port} of {HOST} can't be used: {error}.", file=sys.stderr)
        print("Choose another one: make run PORT=8001", file=sys.stderr)
        return 1
    except StartError as error:
        print(f"The portal could not start, since a function failed:\n{error}", file=sys.stderr)
        return 1
    except UploadError as error:
        print(f"The samples could not be uploaded: {error}", file=sys.stderr)
        print(f"What the functions say is in {LOG.relative_to(ROOT)}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. It was all in memory, so nothing is left of it.", file=terminal)
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local",
        description="Run the whole portal on this machine, in memory: site, desk API, uploads and functions.",
    )
    parser.add_argument(
        "--port",
        type=int,
        default=os.environ.get("PORT", "8000"),
        help=f"port on {HOST}; 0 for any free one (default: the variable PORT, or 8000)",
    )
    parser.add_argument(
        "--no-samples",
        dest="samples",
        action="store_false",
        help="start with an empty site instead of the articles of samples/",
    )
    parser.add_argument(
        "--two-pairs-of-eyes",
        action="store_true",
        help="let readers see only what one person has submitted and another one approved, whatever site.toml says",
    )
    return parser


@contextmanager
def _bound(port: int) -> Iterator[socket.socket]:
    """Take the port before anything else is made, so that a taken one is told at once."""
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((HOST, port))
            listening.listen(128)
        except (OSError, OverflowError) as error:
            raise PortError(getattr(error, "strerror", None) or error) from error
        yield listening


def _serve(listening: socket.socket, address: str, options: argparse.Namespace, terminal: TextIO) -> int:
    def say(text: str) -> None:
        print(text, file=terminal, flush=True)

    say("Making the portal that template.yaml declares …")
    stop = threading.Event()
    two_pairs_of_eyes: bool = options.two_pairs_of_eyes
    with LocalPortal(
        address=address, two_pairs_of_eyes=two_pairs_of_eyes, propagation=_PROPAGATION, log_path=LOG
    ) as portal:
        server = make_server(
            HOST,
            listening.getsockname()[1],
            portal.front,
            threaded=True,
            request_handler=_QuietHandler,
            fd=listening.fileno(),
        )
        pump = threading.Thread(target=portal.pump.run, args=(stop,), name="pump")
        serving = threading.Thread(target=server.serve_forever, name="server")
        pump.start()
        serving.start()
        try:
            if options.samples:
                say("Uploading the articles of samples/ through the desk …")
                for outcome in upload_samples(address):
                    say(f"  {outcome.state:<10} {outcome.url or outcome.name}")
                    for error in outcome.errors:
                        say(f"             {error['pointer']}: {error['message']}")
            approval = _APPROVAL if two_pairs_of_eyes else ""
            say(_READY.format(address=address, approval=approval, log=LOG.relative_to(ROOT), to_curl=_TO_CURL))
            while pump.is_alive():
                pump.join(1)
            print("The events' pump broke; its error is above.", file=sys.stderr)
            return 1
        finally:
            stop.set()
            server.shutdown()
            serving.join()
            pump.join()


if __name__ == "__main__":
    sys.exit(main())
