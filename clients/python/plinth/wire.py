"""Calls over HTTP with the standard library: one connection for each thread, and repeats where they are harmless."""

from __future__ import annotations

import http.client
import json
import logging
import random
import selectors
import threading
import time
from typing import Any, Mapping
from urllib.parse import urlencode, urlsplit

from .errors import NoAnswer, PlinthError, refusal_of

#: The first wait is a random share of this, doubled for each further one; seconds.
BASE = 0.25
#: No wait is longer: where the server asks for a longer one, the error is raised instead. Seconds.
LONGEST = 20.0


class Wire:
    """Sends calls to one server with one key."""

    def __init__(self, base_url: str, api_key: str, *, timeout: float, retries: int) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or parts.hostname is None:
            raise ValueError(f"base_url is {base_url!r}: write its scheme before it, as https://api.example.com")
        if not api_key.isascii() or len(api_key.split()) != 1:
            raise ValueError("api_key is no key")
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname, parts.port
        self._prefix = parts.path.rstrip("/")
        self._origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        self._key = api_key
        self._timeout, self._retries = timeout, retries
        self._local = threading.local()

    def call(
        self, method: str, path: str, *, query: Mapping[str, Any] | None = None, body: Any = None,
        headers: Mapping[str, str] | None = None, repeatable: bool = True, timeout: float | None = None,
        retries: int | None = None
    ) -> Any:
        """The JSON of the answer. Repeats it where that is harmless and may help; raises PlinthError."""
        asked = {name: value for name, value in (query or {}).items() if value is not None}
        target = self._prefix + path + (f"?{urlencode(asked)}" if asked else "")
        sent = {"accept": "application/json", "authorization": f"Bearer {self._key}", **(headers or {})}
        data = None if body is None else json.dumps(body, allow_nan=False).encode()
        if data is not None:
            sent["content-type"] = "application/json"
        most = (self._retries if retries is None else retries) if repeatable else 0
        was_sent = False
        for tries in range(most + 1):
            try:
                return self._once(method, target, data, sent, timeout or self._timeout)
            except PlinthError as error:
                if isinstance(error, NoAnswer):
                    was_sent = error.was_sent = was_sent or error.was_sent
                wait = _wait_before(error, tries) if tries < most else None
                if wait is None:
                    raise
                logging.getLogger("plinth").info("%s %s is tried again in %.1f s: %s", method, path, wait, error)
                time.sleep(wait)
        raise AssertionError("unreachable")

    def _once(self, method: str, target: str, data: bytes | None, headers: Mapping[str, str], timeout: float) -> Any:
        connection, is_new = self._connection(timeout)
        was_sent = False
        try:
            if is_new:
                connection.connect()
            was_sent = True
            connection.request(method, target, data, dict(headers))
            response = connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException) as error:
            self._local.connection = None
            connection.close()
            reason = f"The server at {self._origin} could not be reached, or did not answer."
            raise NoAnswer(reason, was_sent=was_sent) from error
        try:
            said = json.loads(text) if text else None
            if response.status < 300 and (response.status == 204 or isinstance(said, dict)):
                return said
        except ValueError:
            pass  # A success that is no JSON is a page of some other server.
        raise _error_of(response, text, self._origin)

    def _connection(self, timeout: float) -> tuple[http.client.HTTPConnection, bool]:
        kept: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        # Readable before anything was asked: the server has closed it.
        if kept is not None and kept.sock is not None:
            with selectors.DefaultSelector() as selector:
                selector.register(kept.sock, selectors.EVENT_READ)
                if not selector.select(0):
                    kept.sock.settimeout(timeout)
                    return kept, False
            kept.close()
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        made = kind(self._host, self._port, timeout=timeout)
        self._local.connection = made
        return made, True


def _error_of(response: http.client.HTTPResponse, text: bytes, origin: str) -> PlinthError:
    request_id = response.getheader("x-request-id")
    after = response.getheader("retry-after", "")
    try:
        said, retry_after = json.loads(text)["error"], float(after) if after.isdecimal() else None
        return refusal_of(said, response.status, request_id=request_id, retry_after=retry_after)
    except (ValueError, KeyError, TypeError, AttributeError):
        message = f"The answer is {response.status} and no JSON of Plinth's: is {origin} a Plinth server?"
        if response.status >= 500:
            return NoAnswer(message, was_sent=True, status=response.status)
        return PlinthError("unreadable_answer", message, response.status, request_id=request_id)


def _wait_before(error: PlinthError, tries: int) -> float | None:
    """Seconds until the next try: full jitter, and never sooner than Retry-After. None: another try would hear the same."""
    passing = isinstance(error, NoAnswer) or error.code == "idempotency_in_progress" or error.status in (408, 500, 503)
    # A limit that never resets names no time.
    passing = passing or error.status == 429 and error.retry_after is not None
    asked = error.retry_after or 0.0
    if not passing or asked > LONGEST:
        return None
    return asked + random.random() * min(LONGEST, BASE * 2.0**tries)
