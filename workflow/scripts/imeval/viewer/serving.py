"""The server of the page."""

import signal
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Thread
from typing import Any

import uvicorn
from fastapi import FastAPI

from imeval.base.errors import mistake
from imeval.base.local_page import HOST
from imeval.viewer.app import create_app
from imeval.viewer.browsed import Browsed


@dataclass(frozen=True)
class Served:
    """An app, and the socket where it is asked."""

    app: FastAPI
    listening: socket.socket

    @property
    def address(self) -> str:
        """Return the address that a browser opens."""
        return f"http://{HOST}:{self.listening.getsockname()[1]}/"

    def until_stopped(self) -> None:
        """Serve the app until Ctrl-C or SIGTERM."""
        configuration = uvicorn.Config(self.app, log_level="warning", access_log=False, server_header=False)
        # The server listens to both while it runs, and raises the one that ended it again when it has ended.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        uvicorn.Server(configuration).run(sockets=[self.listening])


def page_of_run(browsed: Mapping[str, Any], port: int) -> Served:
    """Return the page of a run, and print its address.

    Args:
        browsed: the files of the run, as `Browsed` has them.
        port: the port, 0 for a free one.

    Raises:
        UserError: another program has the port.
    """
    served = Served(create_app(Browsed.restored(browsed)), bound(port))
    Thread(target=served.app.state.results.read_ahead, daemon=True).start()
    print(f"imeval: the page is at {served.address}; Ctrl-C ends it", flush=True)
    return served


def bound(port: int) -> socket.socket:
    """Return a socket at a port of loopback.

    Port 0 is a free one.

    Raises:
        UserError: another program has the port.
    """
    listening = socket.socket()
    # A port that this page had a moment ago can be taken again.
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
        listening.listen()
    except OSError as error:
        listening.close()
        remedy = f"choose another: snakemake browse --config port={port + 1}"
        raise mistake("browse", "port", "a free port", f"{port} ({error.strerror})", remedy) from None
    return listening
