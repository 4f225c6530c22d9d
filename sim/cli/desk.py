"""``stockcue desk``: a page on this machine that turns a show's dials; bound to the loopback address, with a token."""

from __future__ import annotations

import asyncio
import errno
import json
import secrets
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from sim.app.desk import Desk
from sim.app.desk_shows import Lost
from sim.cli.words import WordError
from sim.core.export import for_file_name
from sim.jobs.durable import write_whole
from sim.report.pages.desk import html
from sim.words import _, language, speaking

LOOPBACK = ("127.0.0.1", "localhost", "::1")
MOST_BYTES = 20_000
"""What a page may send at once."""


class Server:
    """The desk on a port. ``token``: what every request must bring. ``words``: what chose show and strategies."""

    def __init__(self, desk: Desk, words: list[str], host: str, port: int, out: Path) -> None:
        from tornado.httpserver import HTTPServer
        from tornado.netutil import bind_sockets

        self.desk, self.words, self.host, self.out = desk, words, host, out
        self.token, self.latest, self.saved = secrets.token_urlsafe(18), 0, 0
        self.lock, self.lang = threading.Lock(), language()
        self.executor = ThreadPoolExecutor(1)
        try:
            sockets = bind_sockets(port, host)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise WordError(_("port {port} of {host} is in use; choose another port=, or port=0 for a free one").format(
                    port=port, host=host)) from None  # fmt: skip
            raise WordError(_("{host} cannot be listened on: {why}").format(host=host, why=error.strerror or error)) from None
        self.port = sockets[0].getsockname()[1]
        self.http = HTTPServer(self._routes(), max_body_size=MOST_BYTES)
        self.http.add_sockets(sockets)

    @property
    def url(self) -> str:
        """What to open."""
        return f"http://{'[::1]' if self.host == '::1' else self.host}:{self.port}/?token={self.token}"

    def _routes(self) -> Any:
        from tornado.iostream import StreamClosedError
        from tornado.web import Application, RequestHandler

        server = self

        class DeskHandler(RequestHandler):
            """What all have in common: the token, and no other site's name in the address."""

            def prepare(self) -> None:
                here = self.request.host.rsplit(":", 1)[0].strip("[]")
                given = self.get_query_argument("token", "") or self.request.headers.get("X-Token", "")
                known = secrets.compare_digest(given.encode(), server.token.encode())  # bytes: what comes may be any text
                if not known or (server.host in LOOPBACK and here not in LOOPBACK):
                    self.set_status(403)
                    self.finish(_("This page needs the address that stockcue desk printed."))

            def given(self) -> dict[str, Any]:
                record = json.loads(self.request.body or b"{}")
                return server.desk.values(record if isinstance(record, dict) else {})

        class Front(DeskHandler):
            def get(self) -> None:
                with speaking(server.lang):
                    self.finish(html(server.desk, server.token))

        class Play(DeskHandler):
            closed = False

            async def post(self) -> None:
                number = server.latest = server.latest + 1
                try:
                    values = self.given()
                except ValueError as error:
                    self.set_status(400)
                    await self.finish({"error": str(error)})
                    return
                answers = server.desk.answers(values, lambda: self.closed or number != server.latest)
                loop = asyncio.get_running_loop()
                try:
                    while (answer := await loop.run_in_executor(server.executor, next, answers, None)) is not None:
                        if self.closed or number != server.latest:
                            break
                        self.write(json.dumps(answer, allow_nan=False) + "\n")
                        await self.flush()
                    if not self.closed:
                        await self.finish()
                except StreamClosedError:
                    return
                except Lost:
                    await self.finish(json.dumps({"error": _("A worker of the desk is gone; start the desk again.")}) + "\n")

            def on_connection_close(self) -> None:
                self.closed = True  # the browser was closed, or has a later wish

        class Save(DeskHandler):
            def post(self) -> None:
                try:
                    self.finish({"saved": str(server.save(self.given()))})
                except (ValueError, OSError) as error:
                    self.set_status(400)
                    self.finish({"error": str(error)})

        return Application([("/", Front), ("/play", Play), ("/save", Save)])

    def save(self, values: dict[str, Any]) -> Path:
        """Leave what was found as an experiment file, under a name of the desk's own."""
        import yaml

        content = self.desk.experiment(values, {"words": self.words})
        self.out.mkdir(parents=True, exist_ok=True)
        with self.lock:
            while (path := self.out / f"desk-{for_file_name(self.desk.show.name)}-{self.saved + 1}.yaml").exists():
                self.saved += 1
            write_whole(path, yaml.safe_dump(content, sort_keys=False, allow_unicode=True).encode("utf-8"))
        return path

    def close(self) -> None:
        """Stop listening."""
        self.latest += 1
        self.http.stop()
        self.executor.shutdown(wait=False, cancel_futures=True)
        self.desk.close()
