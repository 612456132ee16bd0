"""What happens while the server is away: uses are let through within a bound, and reported exactly when it is back."""
from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Callable, Mapping

from .errors import LimitExceeded, NoAnswer, PlinthError
from .journal import Entry, FolderJournal, MemoryJournal
from .wire import Wire

#: Seconds in which the server is not asked again after it gave no answer.
REST = 1.0
#: Seconds between two tries to report.
EVERY = 10.0
#: Seconds for which a permit is asked for again under the same Idempotency-Key: the server keeps keys for a day.
KEY_LASTS = 23 * 3600.0
#: Seconds after which work of another process counts as done where that has not said its end: no feature lasts longer.
ORPHANED = 4 * 3600.0
#: The most events of one report.
BATCH = 500


@dataclass(frozen=True)
class LetThrough:
    """Lets work through without a permit while the server is away.

    `most` is how many uses may be unreported at once: those that run and those that are done. `journal` is a folder that
    keeps them past the end of the process, and that several processes may share; without one they are kept in memory.
    `patience` is how long a permit is waited for, in seconds.
    """

    most: int
    journal: str | os.PathLike[str] | None = None
    patience: float = 2.0


class Reports:
    """Entries of the journal on their way to the server."""

    def __init__(self, wire: Wire, policy: LetThrough, on_refused: Callable[[PlinthError, Entry], None]) -> None:
        self._wire, self._policy, self._on_refused = wire, policy, on_refused
        folder = policy.journal
        self.journal: MemoryJournal | FolderJournal = MemoryJournal() if folder is None else FolderJournal(folder)
        self._running: set[str] = set()
        self._lock, self._reporting = threading.Lock(), threading.Lock()
        self._thread: threading.Thread | None = None
        self._rests_until = 0.0
        self._wake()

    @property
    def is_resting(self) -> bool:
        return time.monotonic() < self._rests_until

    def rest(self) -> None:
        self._rests_until = time.monotonic() + REST

    def begin(self, entry: Entry, error: PlinthError) -> Entry:
        """Writes down that work begins without a permit. Raises `error` where the bound is reached."""
        with self._lock:
            self._running.add(entry.key)
            self.journal.put(entry)
            if len(self.journal.all()) > self._policy.most:
                self._running.discard(entry.key)
                self.journal.remove(entry)
                raise error
        return entry

    def tell(self, entry: Entry) -> None:
        """Has an entry reported that has ended. It is kept past the bound, for its work is done."""
        if entry.is_released and not entry.was_sent and entry.permit_id is None:
            self.journal.remove(entry)
        else:
            self.journal.put(entry)
        self._running.discard(entry.key)
        self._wake()

    def _wake(self) -> None:
        with self._lock:
            if self._thread is None and self.journal.all():
                self._thread = threading.Thread(target=self._keep_reporting, name="plinth-reports", daemon=True)
                self._thread.start()

    def _keep_reporting(self) -> None:
        while True:
            try:
                self.report()
            except PlinthError:
                pass  # Still away: the next turn tries again.
            with self._lock:
                if not self.journal.all():
                    self._thread = None
                    return
            time.sleep(EVERY)

    def report(self) -> None:
        """Reports what has ended. Raises where the server is away; what it refuses for good goes to `on_refused`."""
        with self._reporting:
            ended = [entry for entry in self.journal.all() if self._has_ended(entry)]
            left = [entry for entry in ended if not self._closed(entry)]
            for customer in {entry.customer for entry in left}:
                group = [entry for entry in left if entry.customer == customer]
                for at in range(0, len(group), BATCH):
                    self._report_events(customer, group[at : at + BATCH])

    def _has_ended(self, entry: Entry) -> bool:
        if entry.end is not None:
            return True
        return entry.key not in self._running and time.time() > entry.at + ORPHANED

    def _closed(self, entry: Entry) -> bool:
        """Closes the permit of an entry. False where there is none, so that an event is to tell of it."""
        headers, permit_id = {"x-customer-id": entry.customer}, entry.permit_id
        if permit_id is None:
            if not entry.was_sent or time.time() > entry.at + KEY_LASTS:
                return False
            try:
                # The permit that was given and not heard of; a denial by the plan says that there is none.
                keyed = {**headers, "idempotency-key": entry.key}
                permit_id = str(self._wire.call("POST", "/v1/permits", body=entry.use, headers=keyed)["permit_id"])
            except PlinthError as error:
                if error.code == "idempotency_in_progress":
                    return True  # Another process closes it just now: the next turn finds it gone, or closes it.
                rate = str(error.details.get("limit")).startswith("requests_per_minute_by_")
                if _is_for_later(error) and (rate or not isinstance(error, LimitExceeded)):
                    raise
                if entry.is_released:
                    self.journal.remove(entry)
                return entry.is_released
        try:
            close(self._wire, headers, permit_id, None if entry.is_released else entry.end or {})
            self.journal.remove(entry)
        except PlinthError as error:
            if _is_for_later(error):
                raise
            self._give_up(entry, error)
        return True

    def _report_events(self, customer: str, entries: list[Entry]) -> None:
        body = {"events": [_event_of(entry) for entry in entries]}
        try:
            answer = self._wire.call("POST", "/v1/usage-events", body=body, headers={"x-customer-id": customer})
        except PlinthError as error:
            if _is_for_later(error):
                raise
            if len(entries) == 1:
                return self._give_up(entries[0], error)
            # One of them is at fault: each is told by itself.
            for entry in entries:
                self._report_events(customer, [entry])
            return
        for entry, one in zip(entries, answer["data"]):
            if one["status"] == "refused":
                self._give_up(entry, PlinthError(one["error"]["code"], one["error"]["message"]))
            else:
                self.journal.remove(entry)

    def _give_up(self, entry: Entry, error: PlinthError) -> None:
        self.journal.remove(entry)
        self._on_refused(error, entry)


def _is_for_later(error: PlinthError) -> bool:
    return isinstance(error, NoAnswer) or error.status in (401, 408, 429, 500, 503)


def _event_of(entry: Entry) -> dict[str, Any]:
    use = {name: value for name, value in entry.use.items() if name not in ("estimate", "ttl_seconds")}
    at = datetime.fromtimestamp(entry.at, timezone.utc).isoformat(timespec="milliseconds")
    return {"at": at, **use, **(entry.end or {}), "id": entry.key}


def close(wire: Wire, headers: Mapping[str, str], permit_id: str, end: Mapping[str, Any] | None) -> None:
    """Settles a permit by its figures; None releases it. What is told too late is posted all the same."""
    verb, body = ("release", {"reason": "failed"}) if end is None else ("settle", dict(end))
    try:
        wire.call("POST", f"/v1/permits/{permit_id}/{verb}", body=body, headers=headers)
    except PlinthError as error:
        if error.code not in ("permit_stale", "permit_settled"):
            raise
