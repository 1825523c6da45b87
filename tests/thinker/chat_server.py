"""A real HTTP server on the loopback that answers, or misbehaves, as it is told."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ANSWER = (
    "<emotion_analysis>A tired voice: sad.</emotion_analysis><user_intent>Wants comfort.</user_intent>"
    "<response_strategy>Comfort her.</response_strategy><response>I am here. Tell me.</response>"
)


class ChatServer:
    """Behaviours are taken one a request, the last one from then on."""

    def __init__(self, *behaviours: str, answer: str = ANSWER) -> None:
        self.behaviours = list(behaviours) or ["stream"]
        self.answer = answer
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.released = threading.Event()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                owner.requests.append({"path": self.path, **json.loads(body)})
                owner.headers.append(dict(self.headers))
                behaviour = owner.behaviours.pop(0) if len(owner.behaviours) > 1 else owner.behaviours[0]
                self.close_connection = True
                getattr(owner, f"_{behaviour}")(self)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/v1"

    def __enter__(self) -> ChatServer:
        self.thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.released.set()
        self.server.shutdown()
        self.server.server_close()

    def _send(self, handler: Any, body: bytes, kind: str, status: int = 200, length: int | None = None) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(body)
        handler.wfile.flush()

    def _body(self, reason: str = "stop") -> bytes:
        choice = {"message": {"role": "assistant", "content": self.answer}, "finish_reason": reason}
        return json.dumps({"choices": [choice]}).encode()

    def _events(self, *, end: bool = True) -> bytes:
        pieces = [self.answer[start : start + 7] for start in range(0, len(self.answer), 7)]
        rows: list[dict[str, Any]] = [{"choices": [{"delta": {"role": "assistant"}}]}]
        rows += [{"choices": [{"delta": {"content": piece}}]} for piece in pieces]
        rows += [{"choices": [{"delta": {}, "finish_reason": "stop"}]}, {"choices": [], "usage": {}}] if end else []
        text = "".join(f"data: {json.dumps(row)}\n\n" for row in rows)
        return (": ping\n\n" + text + ("data: [DONE]\n\n" if end else "")).encode()

    def _stream(self, handler: Any) -> None:
        self._send(handler, self._events(), "text/event-stream")

    def _whole(self, handler: Any) -> None:
        self._send(handler, self._body(), "application/json")

    def _parts(self, handler: Any) -> None:
        message = {"content": [{"type": "text", "text": self.answer}]}
        self._send(handler, json.dumps({"choices": [{"message": message}]}).encode(), "application/json")

    def _length(self, handler: Any) -> None:
        self._send(handler, self._body("length"), "application/json")

    def _html(self, handler: Any) -> None:
        self._send(handler, b"<html><body>Welcome to the router</body></html>", "text/html")

    def _half_json(self, handler: Any) -> None:
        self._send(handler, self._body()[:60], "application/json")

    def _drop(self, handler: Any) -> None:
        handler.connection.close()

    def _drop_body(self, handler: Any) -> None:
        self._send(handler, self._body()[:60], "application/json", length=5000)

    def _drop_stream(self, handler: Any) -> None:
        self._send(handler, self._events(end=False), "text/event-stream")

    def _hang(self, handler: Any) -> None:
        self.released.wait(10)

    def _drip(self, handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.end_headers()
        for _ in range(100):
            if self.released.wait(0.05):
                return
            try:
                handler.wfile.write(b": still here\n\n")
                handler.wfile.flush()
            except OSError:
                return

    def _busy(self, handler: Any) -> None:
        self._send(handler, b'{"error": "overloaded"}', "application/json", 503)

    def _denied(self, handler: Any) -> None:
        self._send(handler, b'{"error": "no such model"}', "application/json", 404)

    def _error(self, handler: Any) -> None:
        self._send(handler, b'{"error": {"message": "out of memory"}}', "application/json")

    def _null(self, handler: Any) -> None:
        self._send(handler, b"null", "application/json")

    def _nothing(self, handler: Any) -> None:
        choice = {"message": {"content": ""}, "finish_reason": "length"}
        self._send(handler, json.dumps({"choices": [choice]}).encode(), "application/json")


def patience(url: str, **changes: Any) -> Any:
    """A config with short time-outs."""
    from speechkit.thinker.chat_client import ChatConfig

    values = {"timeout_seconds": 60.0, "deadline_seconds": 200.0, "retries": 0, "backoff_seconds": 0.01, "model": "m"}
    return ChatConfig(base_url=url, **{**values, **changes})
