"""A model hub on this machine: the addresses and headers by which huggingface_hub lists and fetches a repository."""

import hashlib
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

LARGE = (".safetensors", ".bin")


@dataclass
class Hub:
    """What is served, and what was asked for.

    Attributes:
        address: where it is.
        repositories: commit and files of each revision, by repository.
        stall_after: bytes of a file after which nothing more is sent until `go_on`; None for never. `stalled` tells.
        altered: files of which other bytes are sent than the hub says.
        enlarged: files of which 200 MB are sent.
        fetched: path and first byte of every file that was sent.
    """

    address: str = ""
    repositories: dict[str, dict[str, tuple[str, dict[str, bytes]]]] = field(default_factory=dict)
    stall_after: int | None = None
    stalled: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)
    altered: set[str] = field(default_factory=set)
    enlarged: set[str] = field(default_factory=set)
    fetched: list[tuple[str, int]] = field(default_factory=list)

    def add(self, repository: str, files: Mapping[str, bytes], revision: str = "main") -> str:
        """Serve files under a revision and under their commit, which is returned."""
        commit = hashlib.sha1(repr(sorted(files.items())).encode()).hexdigest()
        revisions = dict.fromkeys((revision, commit), (commit, dict(files)))
        self.repositories.setdefault(repository, {}).update(revisions)
        return commit

    def add_folder(self, repository: str, folder: Path) -> str:
        """Serve a folder as the revision main."""
        files = (path for path in folder.rglob("*") if path.is_file())
        return self.add(repository, {path.relative_to(folder).as_posix(): path.read_bytes() for path in files})


@contextmanager
def serving() -> Iterator[Hub]:
    """Serve while the context lasts."""
    hub = Hub()

    class Handler(_Handler):
        served = hub

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield hub
    finally:
        hub.go_on.set()
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    served: Hub

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self, with_body: bool) -> None:
        path = unquote(urlsplit(self.path).path)
        if match := re.fullmatch(r"/api/models/([^/]+/[^/]+)/(revision|tree)/(.+)", path):
            repository, kind, revision = match.groups()
            if (found := self._revision(repository, revision)) is not None:
                commit, files = found
                listed = _tree(files) if kind == "tree" else _described(repository, commit, files)
                self._send(json.dumps(listed).encode(), {"Content-Type": "application/json"}, with_body)
        elif match := re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            repository, revision, name = match.groups()
            if (found := self._revision(repository, revision)) is not None:
                self._send_file(found[0], name, found[1], with_body)
        else:
            self._refuse("EntryNotFound", f"nothing at {path}")

    def _revision(self, repository: str, revision: str) -> tuple[str, dict[str, bytes]] | None:
        revisions = self.served.repositories.get(repository)
        if revisions is None:
            self._refuse("RepoNotFound", "Repository not found")
        elif revision not in revisions:
            self._refuse("RevisionNotFound", f"Invalid rev id: {revision}")
        return (revisions or {}).get(revision)

    def _send_file(self, commit: str, name: str, files: dict[str, bytes], with_body: bool) -> None:
        if name not in files:
            self._refuse("EntryNotFound", "Entry not found")
            return
        content = files[name]
        headers = {"ETag": f'"{_git_hash(content)}"', "X-Repo-Commit": commit, "Accept-Ranges": "bytes"}
        if name.endswith(LARGE):
            headers |= {"X-Linked-Etag": f'"{hashlib.sha256(content).hexdigest()}"', "X-Linked-Size": str(len(content))}
        if name in self.served.altered:
            content = bytes(len(content))
        if name in self.served.enlarged:
            content = bytes(200_000_000)
        first = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").split("-")[0])
        if first:
            headers["Content-Range"] = f"bytes {first}-{len(content) - 1}/{len(content)}"
        if with_body:
            self.served.fetched.append((name, first))
        self._send(content[first:], headers, with_body, 206 if first else 200)

    def _send(self, content: bytes, headers: Mapping[str, str], with_body: bool, status: int = 200) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if not with_body:
            return
        stop = self.served.stall_after
        if stop is not None and len(content) > stop:
            self.wfile.write(content[:stop])
            self.served.stalled.set()
            self.served.go_on.wait(60)
            self.close_connection = True
            return
        self.wfile.write(content)

    def _refuse(self, code: str, message: str) -> None:
        self._send(b"", {"X-Error-Code": code, "X-Error-Message": message}, with_body=True, status=404)


def _described(repository: str, commit: str, files: Mapping[str, bytes]) -> dict[str, object]:
    siblings = [
        {"rfilename": name, "size": len(content), "blobId": _git_hash(content)} | _large(name, content, "sha256")
        for name, content in files.items()
    ]
    return {"id": repository, "sha": commit, "siblings": siblings, "tags": []}


def _tree(files: Mapping[str, bytes]) -> list[dict[str, object]]:
    return [
        {"type": "file", "path": name, "size": len(content), "oid": _git_hash(content)} | _large(name, content, "oid")
        for name, content in files.items()
    ]


def _large(name: str, content: bytes, key: str) -> dict[str, object]:
    """Return the hub's description of a file that it stores outside git."""
    if not name.endswith(LARGE):
        return {}
    return {"lfs": {key: hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 130}}


def _git_hash(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
