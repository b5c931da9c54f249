"""Require the packages of other projects, which live in an environment of their own.

    python3.11 -m venv peers
    echo $PWD/.venv/lib/python3.11/site-packages > peers/lib/python3.11/site-packages/imeval.pth
    peers/bin/pip install clip-benchmark inspect-ai lmms-eval

They pin other versions of some packages than we do. The .pth file lets the new environment use all of ours, PyTorch
among them, so that only what is missing or differs is installed, and both sides run on the same PyTorch.
"""

import importlib.util
import sys


def require_package(module: str, package: str) -> None:
    """End the program if a package is missing.

    Raises:
        SystemExit: it says how to install it.
    """
    if not importlib.util.find_spec(module):
        sys.exit(
            f"{package} is not installed in {sys.prefix}; the head of {__file__} shows how to, then run by that Python"
        )
