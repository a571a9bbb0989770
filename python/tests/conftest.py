"""What several tests share."""

import functools
import importlib
import sys
from pathlib import Path

import pytest
import torch

TOOLS = Path(__file__).resolve().parents[2] / "tools"


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def tool(name):
    """A script of the workspace's `tools`, as a module."""
    if str(TOOLS) not in sys.path:
        sys.path.insert(0, str(TOOLS))
    return importlib.import_module(name)


@functools.cache
def fixture_network(name):
    """A network of `fixtures/networks`, trained and damaged anew: module, ONNX model, data."""
    make_network_fixtures = tool("make_network_fixtures")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    try:
        return getattr(make_network_fixtures, name.replace("-", "_"))()
    finally:
        torch.set_num_threads(threads)
