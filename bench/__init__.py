"""Counts what the portal costs, and how that grows: `make bench`."""

import sys
from pathlib import Path

# Our package, where Lambda finds it in the layer.
sys.path.append(str(Path(__file__).parents[1] / "layers" / "portal"))
