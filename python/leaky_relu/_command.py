"""The command `leaky`: the engine's command line, from the same library."""

from __future__ import annotations

import sys

from leaky_relu import _engine


def main() -> None:
    """Does what the command line asks for, and ends the process with the command's exit code."""
    sys.stdout.flush()
    sys.exit(_engine.command(["leaky", *sys.argv[1:]]))
