"""A server of files over TLS, with a certificate authority of its own, that can break off."""

import re
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import trustme


class TlsServer:
    """Serves files from memory, with ranges.

    Attributes:
        files: content by path.
        break_at: the connection ends after so many bytes of a file; None never.
        redirections: address by path.
        asked: the paths and ranges that were asked for.
        stated_length: in place of the true one.
    """

    def __init__(self, folder: Path, tls: bool = True) -> None:
        self.files: dict[str, bytes] = {}
        self.redirections: dict[str, str] = {}
        self.break_at: int | None = None
        self.asked: list[tuple[str, str | None]] = []
        self.stated_length: int | None = None
        self.version = '"1"'
        self.authority = folder / "authority.pem"
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        if tls:
            authority = trustme.CA()
            authority.cert_pem.write_to_path(str(self.authority))
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority.issue_cert("127.0.0.1").configure_cert(context)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        scheme = "https" if tls else "http"
        self.address = f"{scheme}://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """End the server."""
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                server.asked.append((path, self.headers.get("Range")))
                if path in server.redirections:
                    self.send_response(302)
                    self.send_header("Location", server.redirections[path])
                    self.end_headers()
                elif path not in server.files:
                    self.send_error(404)
                else:
                    self._send(server.files[path])

            def _send(self, content: bytes) -> None:
                wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
                same = self.headers.get("If-Range") == server.version
                first = int(wanted[1]) if wanted and same else 0
                self.send_response(206 if first else 200)
                if first:
                    places = f"bytes {first}-{len(content) - 1}/{len(content)}"
                    self.send_header("Content-Range", places)
                length = server.stated_length or len(content) - first
                self.send_header("Content-Length", str(length))
                self.send_header("ETag", server.version)
                self.end_headers()
                part = content[first:]
                if server.break_at is not None:
                    part = part[: server.break_at]
                self.wfile.write(part)
                self.close_connection = True

            def log_message(self, *words: object) -> None:
                pass

        return Handler
