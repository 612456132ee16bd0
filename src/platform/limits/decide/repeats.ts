import type { Answer } from './answers.ts';
import type { Change } from './changes.ts';
import { type Bounds, type Instant, keyOf, type Request, type State } from './state.ts';

export interface Repeated {
  readonly answer: Answer;
  readonly changes: readonly Change[];
}

const only = (answer: Answer): Repeated => ({ answer, changes: [] });

/** What a repeat of an Idempotency-Key gets; undefined: the key is new, or what it stood for came to nothing. */
export function repeated(
  state: State,
  request: Request,
  at: { readonly bounds: Bounds; readonly now: Instant; readonly refused: string | null },
): Repeated | undefined {
  const key = request.key && keyOf(request.key);
  const known = key === undefined ? undefined : state.keys.get(key);
  if (key === undefined || known === undefined || known.expiresAt <= at.now) return;
  if (known.bodyHash !== request.key?.bodyHash) return only({ kind: 'mismatch' });
  if (known.state === 'done') return only({ kind: 'replay', ...known.kept });
  const { permit } = known;
  if (permit === null) return only({ kind: 'running' });
  if (permit.state === 'voided') return;
  if (permit.state === 'settled') return only({ kind: 'outcome_unknown' });
  // Its job runs it, whoever enqueued that; or its holder does.
  const isHeld = (at.bounds.leases.get(permit.holder) ?? 0) > at.now;
  if (permit.jobId !== null || isHeld) return only({ kind: 'running' });
  if (permit.state === 'running') return only({ kind: 'outcome_unknown' });
  if (at.refused !== null) return only({ kind: 'refused', reason: at.refused });
  const { id, reserve, pendingEvent: event } = permit;
  const fence = permit.fence + 1;
  return {
    answer: { kind: 'permit', adopted: true, id, fence, reserve, event },
    changes: [{ do: 'adopt', key, permitId: id, holder: at.bounds.holder, fence }],
  };
}
