import type { Database } from '#platform/db';
import type { AccountId, Clock } from '#platform/kernel';
import type { Admission, AdmitRequest } from './admission.ts';
import type { Denial } from './denial.ts';

/** How long a denial is remembered, in milliseconds: how late an admission may be because of it. */
const KEPT_MS = 1_000;
/** About 10 MB. The one that was remembered first goes first. */
const CAPACITY = 10_000;

export type Admit = (request: AdmitRequest) => Promise<Admission>;

/** Denials of the last second. */
export interface Denials {
  /** The same admission, which answers a question that was just denied without asking the database again. */
  around(admit: Admit): Admit;
  close(): void;
}

interface Remembered {
  readonly accountId: AccountId;
  readonly denial: Denial;
  /** Before the database was asked, on the clock that never jumps. */
  readonly askedAt: number;
}

/**
 * Remembers denials, so that a client that hammers a closed limit costs the database one decision a second. It can only
 * say no, and only to the very same question: same caller, units, reserve, subject and Idempotency-Key. A key that was
 * not denied just now may have a stored answer, so that its question always goes to the database.
 *
 * Remembered is what resets in more than a second. So nothing is remembered past its reset, whoever comes back when
 * Retry-After says so never meets it, and a limit of places at once is always asked for: a place is free again the moment
 * a call ends. What changes grants of an account ends its denials at once here, and where its signal is heard.
 */
export function createDenials({ db, clock }: { readonly db: Database; readonly clock: Clock }): Denials {
  const known = new Map<string, Remembered>();
  let changes = 0;

  const stopHearing = db.onSignal('entitlements', (id) => {
    // A denial that is under way may be from before the change.
    changes += 1;
    for (const [question, { accountId }] of known) if (accountId === id) known.delete(question);
  });

  /** They lie in the order in which they were answered; one that was asked for earlier is a moment late here. */
  function forgetOld(now: number): void {
    for (const [question, { askedAt }] of known) {
      if (now - askedAt < KEPT_MS) return;
      known.delete(question);
    }
  }

  function recalled(question: string, now: number): Denial | undefined {
    const entry = known.get(question);
    return entry !== undefined && now - entry.askedAt < KEPT_MS ? entry.denial : undefined;
  }

  function remember(question: string, entry: Remembered): void {
    known.delete(question);
    const [oldest] = known.keys();
    if (known.size >= CAPACITY && oldest !== undefined) known.delete(oldest);
    known.set(question, entry);
  }

  return {
    around: (admit) => async (request) => {
      const askedAt = clock.monotonic();
      forgetOld(askedAt);
      // While nothing is remembered, which is mostly so, an admission pays nothing for the memory.
      const denial = known.size === 0 ? undefined : recalled(questionOf(request), askedAt);
      if (denial !== undefined) return { kind: 'denied', denial };
      const before = changes;
      const admission = await admit(request);
      if (admission.kind === 'denied' && isLasting(admission.denial) && before === changes)
        remember(questionOf(request), { accountId: request.accountId, denial: admission.denial, askedAt });
      else if (known.size > 0) known.delete(questionOf(request));
      return admission;
    },
    close: stopHearing,
  };
}

/** All that a request asks, whatever fields requests will have: only its id differs when it comes again. */
function questionOf(request: AdmitRequest): string {
  return JSON.stringify({ ...request, requestId: undefined });
}

/** `retryAfter` is rounded up: 1 means that it resets within a second. Of places at once it is always 1. */
function isLasting({ retryAfter }: Denial): boolean {
  return retryAfter === undefined || retryAfter > 1;
}
