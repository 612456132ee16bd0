"""The client of Plinth for Python: customers, permits round work, usage, checkout. The standard library alone."""

from .away import LetThrough as LetThrough
from .client import Check as Check, Customer as Customer, Permit as Permit, Plinth as Plinth
from .errors import LimitExceeded as LimitExceeded, NoAnswer as NoAnswer, PlanRequired as PlanRequired
from .errors import PlinthError as PlinthError
from .journal import Entry as Entry
