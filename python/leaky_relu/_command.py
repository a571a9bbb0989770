"""The command `leaky`: the engine's command line, from the same library."""

from __future__ import annotations

import signal
import sys

from leaky_relu import _engine


def main() -> None:
    """Does what the command line asks for, and ends the process with the command's exit code."""
    sys.stdout.flush()
    # Python would note Ctrl-C and raise it only when the engine is done. Where it was switched off from
    # outside, it stays off.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(_engine.command(["leaky", *sys.argv[1:]]))
