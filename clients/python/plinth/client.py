"""The few calls that a backend makes for its customers."""

from __future__ import annotations

import asyncio
import logging
import threading
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Any, Callable, Mapping, NamedTuple, TypeVar
from urllib.parse import quote
from uuid import uuid4

from .away import LetThrough, Reports, close
from .errors import NoAnswer, PlinthError, refusal_of
from .journal import Entry
from .wire import Wire

T = TypeVar("T")
log = logging.getLogger("plinth")
#: Signs of life in the time that a permit lasts without one: two may be lost.
SIGNS = 3
#: No rarer than this, seconds: a feature may allow less time than was asked for.
RAREST = 60.0


class Check(NamedTuple):
    """Whether a permit would be given now; `refusal` is the error that it would be refused with."""

    admitted: bool
    refusal: PlinthError | None


def _log_refused(error: PlinthError, entry: Entry) -> None:
    log.error("plinth: the use %s of %s could not be reported: %s", entry.key, entry.customer, error)


class Plinth:
    """A client of one server, with an operator's key.

    `product` is the one that features and plans are of, where a name does not say it (`notes.summaries`). `away` says what
    happens while the server does not answer: None refuses (NoAnswer is raised), LetThrough lets work through within a bound
    and reports it later. `on_refused` hears of a report that the server refuses for good.
    """

    def __init__(
        self, base_url: str, api_key: str, *, product: str | None = None, away: LetThrough | None = None,
        timeout: float = 60.0, retries: int = 3, on_refused: Callable[[PlinthError, Entry], None] = _log_refused
    ) -> None:
        self._product, self._away = product, away
        self._wire = Wire(base_url, api_key, timeout=timeout, retries=retries)
        self._reports = None if away is None else Reports(self._wire, away, on_refused)

    def call(
        self, method: str, path: str, *, query: Mapping[str, Any] | None = None, body: Any = None, customer: str | None = None
    ) -> Any:
        """Any call of the API, for a customer where one is named. A POST is sent once, all others again where that may help."""
        headers = {} if customer is None else {"x-customer-id": customer}
        return self._wire.call(method, path, query=query, body=body, headers=headers, repeatable=method != "POST")

    def customer(self, external_id: str) -> Customer:
        """A customer by your own id. Asks the server nothing."""
        return Customer(self, external_id)

    def report(self) -> None:
        """Reports now what was let through. Raises where the server is still away."""
        if self._reports is not None:
            self._reports.report()

    def _named(self, name: str) -> tuple[str, str]:
        product, _, local = name.rpartition(".")
        if product == "" and self._product is None:
            raise ValueError(f'"{name}" is of no product: write product.name, or give the client a product')
        return product or str(self._product), local

    def _ask(self, path: str, body: Any, headers: Mapping[str, str]) -> Any:
        """A call that is not waited for long where work is let through without its answer."""
        reports, away = self._reports, self._away
        if reports is None or away is None:
            return self._wire.call("POST", path, body=body, headers=headers)
        if reports.is_resting:
            raise NoAnswer("The server did not answer just now.", was_sent=False)
        try:
            return self._wire.call("POST", path, body=body, headers=headers, timeout=away.patience, retries=0)
        except NoAnswer:
            reports.rest()
            raise


class Customer:
    """The calls for one customer."""

    def __init__(self, plinth: Plinth, external_id: str) -> None:
        if not isinstance(external_id, str) or not external_id.isascii() or not external_id.isprintable() or external_id in ("", ".", ".."):
            raise ValueError("an external id is of ASCII letters, digits and . _ : @ | + ~ = -")
        self.id = external_id
        self._plinth, self._wire, self._reports = plinth, plinth._wire, plinth._reports
        self._header = {"x-customer-id": external_id}
        self._path = f"/v1/customers/{quote(external_id, safe='')}"

    def put(self, **fields: Any) -> dict[str, Any]:
        """Makes the customer, or changes what is named: name, email, time_zone, locale, metadata."""
        return dict(self._wire.call("PUT", self._path, body=fields))

    def get(self) -> dict[str, Any]:
        return dict(self._wire.call("GET", self._path))

    def entitlements(self) -> dict[str, Any]:
        """What the plan holds and what is left of it: for showing, for only a permit decides."""
        return dict(self._wire.call("GET", f"{self._path}/entitlements"))

    def _use(self, feature: str, units: int, subject: str | None) -> dict[str, Any]:
        product, name = self._plinth._named(feature)
        of = {} if subject is None else {"subject": subject}
        return {"product": product, "feature": name, "units": units, **of}

    def check(self, feature: str, *, units: int = 1, subject: str | None = None, **estimate: Any) -> Check:
        """Whether a permit would be given now. Costs and reserves nothing, so that the next caller may be faster."""
        query = {**self._use(feature, units, subject), **estimate}
        answer = self._wire.call("GET", "/v1/permits/preview", query=query, headers=self._header)
        said = answer["refusal"]
        return Check(answer["admitted"], None if said is None else refusal_of(said))

    def track(
        self, feature: str, *, units: int = 1, subject: str | None = None, id: str | None = None, **cost: Any
    ) -> None:
        """Records what has happened, past limits too: cost_micros or usage. With an `id` of your own (a UUID) it counts once.

        Where work is let through, the event is kept and reported later while the server is away.
        """
        entry = Entry(self.id, self._use(feature, units, subject), id or str(uuid4()), end=cost)
        event = {**entry.use, **cost, "id": entry.key}
        try:
            [answer] = self._plinth._ask("/v1/usage-events", {"events": [event]}, self._header)["data"]
        except NoAnswer:
            if self._reports is None:
                raise
            return self._reports.tell(entry)
        if answer["status"] == "refused":
            raise refusal_of(answer["error"])

    def permit(
        self, feature: str, *, units: int = 1, subject: str | None = None, ttl_seconds: int = 120, **estimate: Any
    ) -> Permit:
        """A permit round a `with` or `async with` block: taken before it, settled after it, released where it raises.

        `estimate` is the most that the work may cost: cost_micros, or model with prompt_tokens and completion_tokens.
        Raises LimitExceeded or PlanRequired, and the block is not begun.
        """
        use = {**self._use(feature, units, subject), "ttl_seconds": ttl_seconds}
        return Permit(self, {**use, "estimate": estimate} if estimate else use)

    def with_permit(self, feature: str, run: Callable[[Permit], T], **asked: Any) -> T:
        """Calls `run` under a permit and returns what it returns."""
        with self.permit(feature, **asked) as permit:
            return run(permit)

    def checkout(self, plan: str, **more: Any) -> str:
        """The address of a page where the customer buys a plan, `product.plan`; send them there."""
        product, name = self._plinth._named(plan)
        body = {"product": product, "plan": name, **more}
        return str(self._wire.call("POST", "/v1/billing/checkout", body=body, headers=self._header)["checkout_url"])

    def portal(self, return_url: str) -> str:
        """A link to the pages where the customer sees plan, use and invoices, good once, for five minutes."""
        body = {"return_url": return_url, **({"product": self._plinth._product} if self._plinth._product else {})}
        return str(self._wire.call("POST", "/v1/portal/links", body=body, headers=self._header)["url"])


class Permit(AbstractContextManager["Permit"], AbstractAsyncContextManager["Permit"]):
    """The right to do one piece of work. `id` is None where the work was let through."""

    def __init__(self, customer: Customer, use: Mapping[str, Any]) -> None:
        self._customer, self._wire, self._reports = customer, customer._wire, customer._reports
        self._entry = Entry(customer.id, use)
        self.id: str | None = None
        self._spent: Mapping[str, Any] | None = None
        self._ended = threading.Event()
        #: Set when the server says that the permit is no more: it expired, or was closed elsewhere.
        self.lost = threading.Event()

    def spent(self, *, cost_micros: float | None = None, units: int | None = None, **usage: Any) -> None:
        """Says what the work has cost; the last word counts. `usage` is model, prompt_tokens, completion_tokens of a model call.

        Say it once it is spent: of work that fails after that the money is posted, for a bad figure the whole reserve.
        """
        self._spent = self._spent or {}
        if not (cost_micros is None or isinstance(cost_micros, (int, float)) and 0 <= cost_micros <= 1e9):
            raise ValueError(f"cost_micros is 0 to 1,000,000,000, and not {cost_micros}")
        said = {"cost_micros": cost_micros, "units": units, "usage": usage or None}
        self._spent = {name: value for name, value in said.items() if value is not None}

    def __enter__(self) -> Permit:
        headers = {**self._customer._header, "idempotency-key": self._entry.key}
        try:
            self.id = self._customer._plinth._ask("/v1/permits", self._entry.use, headers).get("permit_id")
        except NoAnswer as error:
            if self._reports is None:
                raise
            entry = Entry(self._customer.id, self._entry.use, self._entry.key, error.was_sent)
            self._entry = self._reports.begin(entry, error)
            return self
        if self.id is None:
            raise PlinthError("unreadable_answer", "The answer is no permit: is this a Plinth server?", 201)
        threading.Thread(target=self._keep_alive, name="plinth-permit", daemon=True).start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._ended.set()
        end: Mapping[str, Any] | None = self._spent or {}
        if kind is not None:
            end = None if self._spent is None else {**self._spent, "units": 0}
        if self.id is not None:
            try:
                return close(self._wire, self._customer._header, self.id, end)
            except PlinthError as error:
                # The customer has the work's result all the same.
                if self._reports is None or not isinstance(error, NoAnswer):
                    return log.warning("plinth: permit %s is not closed, and will expire: %s", self.id, error)
                self._entry = Entry(self._customer.id, self._entry.use, permit_id=self.id)
        assert self._reports is not None
        self._reports.tell(self._entry.ended(end))

    async def __aenter__(self) -> Permit:
        return await asyncio.to_thread(self.__enter__)

    async def __aexit__(self, *ended: object) -> None:
        await asyncio.shield(asyncio.to_thread(self.__exit__, *ended))

    def _keep_alive(self) -> None:
        ttl = self._entry.use["ttl_seconds"]
        path, body = f"/v1/permits/{self.id}/extend", {"ttl_seconds": ttl}
        while not self._ended.wait(min(ttl / SIGNS, RAREST)):
            try:
                self._wire.call("POST", path, body=body, headers=self._customer._header, retries=0)
            except PlinthError as error:
                # Unreachable, or too busy: the permit lasts for some more tries.
                if error.status in (404, 409, 410):
                    return self.lost.set()
