"""What a call may raise. `code` is the stable word to branch on; docs/errors.md has them all."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Mapping


class PlinthError(Exception):
    """A refusal of the server, or that there was no answer."""

    def __init__(
        self, code: str, message: str, status: int = 0, details: Mapping[str, Any] | None = None,
        request_id: str | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.details = code, message, details or {}
        #: The HTTP status; 0 where there was no answer.
        self.status = status
        #: Quote it to the operator of the server.
        self.request_id = request_id
        #: Seconds after which another try makes sense, as the server says it.
        self.retry_after = retry_after

    @property
    def body(self) -> dict[str, Any]:
        """The error as a backend may hand it on to its own client, with `status` as the HTTP status."""
        return {"error": {"code": self.code, "message": self.message, "details": dict(self.details)}}

    @property
    def resets_at(self) -> datetime | None:
        """When a limit has room again; None for what never resets by itself."""
        at = self.details.get("resets_at")
        return datetime.fromisoformat(at.replace("Z", "+00:00")) if isinstance(at, str) else None

    @property
    def upgrade(self) -> str | None:
        """The cheapest plan that would have admitted it, `product.plan`; None where none would."""
        plan = self.details.get("upgrade")
        return plan if isinstance(plan, str) else None


class LimitExceeded(PlinthError):
    """429: a limit is reached. Nothing was charged."""


class PlanRequired(PlinthError):
    """402: the plan does not include this, or there is no plan. Nothing was charged."""


class NoAnswer(PlinthError):
    """The server was not reached, a proxy found none, or the answer never came; `was_sent`: whether the call may have arrived."""

    def __init__(self, message: str, *, was_sent: bool, status: int = 0) -> None:
        super().__init__("no_answer", message, status)
        # What is handed on to a backend's own client names no address; `str(error)` has it.
        self.was_sent, self.message = was_sent, "This cannot be done right now. Try again in a moment."


KINDS: Mapping[str, type[PlinthError]] = {"limit_exceeded": LimitExceeded, "plan_required": PlanRequired}


def refusal_of(said: Mapping[str, Any], status: int = 200, **more: Any) -> PlinthError:
    """The error that an answer tells of."""
    return KINDS.get(said["code"], PlinthError)(said["code"], said["message"], status, said.get("details"), **more)
