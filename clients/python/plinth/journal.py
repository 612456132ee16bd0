"""Uses that were let through while the server was away, until they are reported."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from time import time
from typing import Any, Mapping
from uuid import uuid4


@dataclass(frozen=True)
class Entry:
    """One use. `key` is its Idempotency-Key and the id of its event, so that it counts once, whichever process reports it."""

    customer: str
    #: As a permit is asked for, or as an event is reported.
    use: Mapping[str, Any]
    key: str = field(default_factory=lambda: str(uuid4()))
    #: Whether a permit may have been given under the key.
    was_sent: bool = False
    #: The permit that it is under, where the server did not hear of its end.
    permit_id: str | None = None
    #: Its cost, as a permit is settled; None while it runs.
    end: Mapping[str, Any] | None = None
    #: The work failed before it cost anything.
    is_released: bool = False
    #: Epoch seconds.
    at: float = field(default_factory=time)

    def ended(self, end: Mapping[str, Any] | None) -> Entry:
        return replace(self, end=end or {}, is_released=end is None)


class MemoryJournal(dict[str, Entry]):
    """Forgets with the process."""

    def put(self, entry: Entry) -> None:
        self[entry.key] = entry

    def remove(self, entry: Entry) -> None:
        self.pop(entry.key, None)

    def all(self) -> list[Entry]:
        return list(self.values())


class FolderJournal:
    """A file for each entry, on the disk before the work begins. Processes may share a folder: a report counts once."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self._folder = Path(folder)
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def put(self, entry: Entry) -> None:
        new = self._folder / f"{entry.key}.{os.getpid()}.new"
        with open(new, "w", encoding="utf-8") as file:
            json.dump(asdict(entry), file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, self._folder / f"{entry.key}.json")
        at = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(at)
        finally:
            os.close(at)

    def remove(self, entry: Entry) -> None:
        (self._folder / f"{entry.key}.json").unlink(missing_ok=True)

    def all(self) -> list[Entry]:
        return [entry for path in sorted(self._folder.glob("*.json")) for entry in self._read(path)]

    def _read(self, path: Path) -> list[Entry]:
        try:
            return [Entry(**json.loads(path.read_text(encoding="utf-8")))]
        except FileNotFoundError:
            return []  # Another process has just reported it.
