"""The YAML language server, as an editor talks to it: JSON-RPC over its standard input and output."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any

PATIENCE = 60.0  # seconds until a server that says nothing has failed
SETTINGS = {"validate": True, "hover": True, "completion": True, "schemaStore": {"enable": False}}


class ServerSilent(Exception):
    """The server did not answer, or ended."""


class Client:
    """One server process with one workspace. To be used in `with`, which ends it."""

    def __init__(self, server: Path, workspace: Path) -> None:
        self._process = subprocess.Popen(
            ["node", str(server), "--stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Nothing is to be fetched: the schemas lie beside the files.
            env={"PATH": os.environ["PATH"], "HOME": str(workspace), "http_proxy": "http://127.0.0.1:9"},
        )
        self._messages: Queue[dict[str, Any] | None] = Queue()
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()
        self._last = 0
        self.diagnostics: dict[str, list[dict[str, Any]]] = {}
        folder = {"uri": workspace.as_uri(), "name": "project"}
        capabilities = {
            "workspace": {"configuration": True},
            "textDocument": {"hover": {"contentFormat": ["markdown"]}, "publishDiagnostics": {}},
        }
        root = {"rootUri": folder["uri"], "workspaceFolders": [folder]}
        self.ask("initialize", {"processId": os.getpid(), "capabilities": capabilities, **root})
        self.tell("initialized", {})
        self.tell("workspace/didChangeConfiguration", {"settings": {"yaml": SETTINGS}})

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()

    def open(self, file: Path) -> list[dict[str, Any]]:
        """Open a file as an editor does, and wait for what the server says is wrong with it."""
        uri = file.as_uri()
        self.diagnostics.pop(uri, None)
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": file.read_text("utf-8")}
        self.tell("textDocument/didOpen", {"textDocument": document})
        while uri not in self.diagnostics:
            self._handle(self._next())
        return self.diagnostics[uri]

    def hover(self, file: Path, line: int, column: int) -> str:
        """The text that is shown over a place, both counted from 1."""
        found = self.ask("textDocument/hover", self._at(file, line, column))
        contents = (found or {}).get("contents", "")
        return str(contents["value"]) if isinstance(contents, dict) else json.dumps(contents)

    def completion(self, file: Path, line: int, column: int) -> dict[str, dict[str, Any]]:
        """What could stand at a place, by its label."""
        found = self.ask("textDocument/completion", self._at(file, line, column))
        items = found["items"] if isinstance(found, dict) else found or []
        return {item["label"]: item for item in items}

    def ask(self, method: str, params: object) -> Any:
        """A request, and its answer. Raises ServerSilent where there is none."""
        self._last += 1
        number = self._last
        self._send({"id": number, "method": method, "params": params})
        while True:
            message = self._next()
            if message.get("id") == number and "method" not in message:
                if "error" in message:
                    raise ServerSilent(str(message["error"]))
                return message.get("result")
            self._handle(message)

    def tell(self, method: str, params: object) -> None:
        """A notification."""
        self._send({"method": method, "params": params})

    @staticmethod
    def _at(file: Path, line: int, column: int) -> dict[str, Any]:
        return {"textDocument": {"uri": file.as_uri()}, "position": {"line": line - 1, "character": column - 1}}

    def _handle(self, message: dict[str, Any]) -> None:
        """What the server asks of an editor, and what it tells it."""
        match message:
            case {"method": "workspace/configuration", "id": number, "params": {"items": items}}:
                self._send({"id": number, "result": [SETTINGS if i.get("section") == "yaml" else {} for i in items]})
            case {"method": "textDocument/publishDiagnostics", "params": {"uri": uri, "diagnostics": found}}:
                self.diagnostics[uri] = found
            case {"method": str(), "id": number}:
                self._send({"id": number, "result": None})

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        stream = self._process.stdin
        assert stream is not None
        stream.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        stream.flush()

    def _next(self) -> dict[str, Any]:
        try:
            message = self._messages.get(timeout=PATIENCE)
        except Empty:
            raise ServerSilent(f"nothing in {PATIENCE:.0f} seconds") from None
        if message is None:
            raise ServerSilent("the server has ended")
        return message

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        while header := stream.readline():
            if header.lower().startswith(b"content-length:"):
                length = int(header.split(b":")[1])
                while stream.readline().strip():
                    pass  # further headers
                self._messages.put(json.loads(stream.read(length)))
        self._messages.put(None)
