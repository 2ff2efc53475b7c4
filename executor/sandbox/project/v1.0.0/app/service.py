"""The application: a few pages, its own health, and which version of it is running.

    service.py restart    stop the one that runs, start this one, return once it answers
    service.py stop

PORT and PYTHON come from the environment (bin/restart reads them from shared/env); VERSION lies beside this file.
"""

import fcntl
import json
import os
import signal
import socket
import sys
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import about

RELEASE = Path(__file__).resolve().parent
APP = RELEASE.parent.parent  # <app>/releases/<version>
PID_FILE = APP / "app.pid"
LOG = APP / "log" / "app.log"
PAGES = {
    ("GET", "/"): about.home,
    ("GET", "/signup"): about.form,
    ("POST", "/login"): about.welcome,
    ("GET", "/api/notes"): about.notes,
    ("GET", "/health"): lambda: {"status": "ok"},
    ("GET", "/version"): about.version,
}


class Pages(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        page = PAGES.get((self.command, self.path.partition("?")[0]))
        if page is None:
            return self.send(404, {"error": "no such page"})
        try:
            content = page()
        except Exception as error:  # noqa: BLE001 - whatever a page does wrong is answered and logged
            log(f"ERROR {self.command} {self.path}: {error!r}")
            return self.send(500, {"error": repr(error)})
        return self.send(200, content)

    do_GET = do_POST = answer  # noqa: N815 - http.server looks for these names

    def send(self, status, content):
        html = isinstance(content, str)
        body = (content if html else json.dumps(content)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8" if html else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass  # errors alone are logged


class Service(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_port = True  # the sandbox keeps the port reserved


def log(line):
    with LOG.open("a") as file:
        file.write(f"{datetime.now(UTC).isoformat(timespec='milliseconds')} {line}\n")


def running():
    """The pid of the service that runs, if one does: it holds a lock on its pid file for as long as it lives."""
    with PID_FILE.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            return int(file.read() or 0)
    return None


def stop():
    deadline = time.monotonic() + 5
    while (pid := running()) is not None:
        if pid:
            os.kill(pid, signal.SIGKILL if time.monotonic() > deadline else signal.SIGTERM)
        time.sleep(0.02)


def restart():
    stop()
    LOG.parent.mkdir(exist_ok=True)
    lock = PID_FILE.open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    service = Service(("127.0.0.1", int(os.environ["PORT"])), Pages)  # it listens from here on
    pid = os.fork()
    if pid:
        lock.write(str(pid))
        lock.close()
        print(f"{(RELEASE / 'VERSION').read_text().strip()} is running with pid {pid}")  # noqa: T201 - for the operator
        return
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.chdir("/")
    signal.signal(signal.SIGTERM, lambda *_: end(service))
    log(f"INFO started from {RELEASE}")
    threading.Thread(target=end_with_the_host, args=(service,), daemon=True).start()
    service.serve_forever()


def end_with_the_host(service):
    """When the whole sandbox has been removed, there is nothing left to serve."""
    while APP.exists():
        time.sleep(2)
    end(service)


def end(service):
    """No new requests; those that are being answered have a moment to finish."""
    service.socket.shutdown(socket.SHUT_RDWR)
    time.sleep(0.05)
    os._exit(0)


if __name__ == "__main__":
    {"restart": restart, "stop": stop}[sys.argv[1]]()
