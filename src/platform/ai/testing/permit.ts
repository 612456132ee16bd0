import type { Statement } from '#platform/db';
import {
  type AccountId,
  type HolderId,
  micros,
  type PermitId,
  type UsageEventId,
  type UserId,
} from '#platform/kernel';
import type { Permit, PlannedCall, Usage } from '#platform/limits';

/** One provider call as the ledger would have it. */
export type LedgerRow =
  | { readonly state: 'sent'; readonly call: PlannedCall }
  | { readonly state: 'served'; readonly call: PlannedCall; readonly usage: Usage }
  | { readonly state: 'unknown'; readonly call: PlannedCall; readonly usage: Usage | undefined }
  | { readonly state: 'not_served' | 'throttled'; readonly call: PlannedCall };

export interface RecordingPermit extends Permit {
  readonly rows: readonly LedgerRow[];
  readonly states: readonly string[];
  /** What was told of calls later. */
  readonly amended: readonly Usage[];
  /** `settled`, or `released: reason` (`kept: reason` where the quota stays used), once. */
  readonly closed: string | undefined;
}

/**
 * A permit that keeps its ledger in memory and holds its caller to the contract: one call under way at a time, one
 * outcome each.
 */
export function recordingPermit(
  facts: { reserve?: number; calls?: number; account?: string; refuse?: Error; refusesFrom?: number } = {},
): RecordingPermit {
  const rows: LedgerRow[] = [];
  const amended: Usage[] = [];
  let calls = facts.calls ?? 0;
  let closed: string | undefined;

  function outcome(make: (call: PlannedCall) => LedgerRow): void {
    const last = rows.at(-1);
    if (last?.state !== 'sent') throw new Error('an outcome without a call under way');
    rows[rows.length - 1] = make(last.call);
  }

  async function close(how: string): Promise<void> {
    if (closed !== undefined) throw new Error(`the permit is closed: ${closed}`);
    if (rows.at(-1)?.state === 'sent') throw new Error('the permit was closed with a call under way');
    closed = how;
  }

  return {
    id: '01936f00-0000-7000-8000-000000000001' as PermitId,
    accountId: (facts.account ?? '01936f00-0000-7000-8000-0000000000aa') as AccountId,
    userId: '01936f00-0000-7000-8000-0000000000bb' as UserId,
    keyId: undefined,
    product: 'test',
    feature: 'chat',
    units: 1,
    reserve: micros(facts.reserve ?? 1_000_000),
    holder: '01936f00-0000-7000-8000-0000000000cc' as HolderId,
    fence: 1,
    subject: undefined,
    requestId: 'req-of-the-test',
    rows,
    amended,
    get calls() {
      return calls;
    },
    get states() {
      return rows.map(({ state }) => state);
    },
    get closed() {
      return closed;
    },
    async send(call) {
      if (facts.refuse !== undefined && calls >= (facts.refusesFrom ?? 0)) throw facts.refuse;
      if (rows.at(-1)?.state === 'sent') throw new Error('a call is sent while another is under way');
      calls += 1;
      rows.push({ state: 'sent', call });
      return '01936f00-0000-7000-8000-0000000000dd' as UsageEventId;
    },
    served: (usage) => outcome((call) => ({ state: 'served', call, usage })),
    notServed(how) {
      if (how?.throttled === true) calls -= 1;
      outcome((call) => ({ state: how?.throttled === true ? 'throttled' : 'not_served', call }));
    },
    unknown: (usage) => outcome((call) => ({ state: 'unknown', call, usage })),
    async amend(_event, usage) {
      amended.push(usage);
    },
    get isOver() {
      return closed !== undefined;
    },
    get isHandled() {
      return closed !== undefined;
    },
    get isCalling() {
      return rows.at(-1)?.state === 'sent';
    },
    mayAnswerFirst: true,
    finish: (failure) =>
      rows.some(({ state }) => state === 'served')
        ? close('settled')
        : close(`released: ${failure ?? 'nothing served'}`),
    settle: () => close('settled'),
    release: (reason, how) => close(`${how === undefined ? 'released' : 'kept'}: ${reason}`),
    abandon: (reason) => close(`abandoned: ${reason}`),
    settleIn: noDatabase,
    settlement: (): Statement => noDatabase(),
    releasing: (): Statement => noDatabase(),
    requeueing: (): Statement => noDatabase(),
    attaching: (): Statement => noDatabase(),
    delegating: () => noDatabase(),
    answering: () => undefined,
    reportLate: async () => {},
  };
}

function noDatabase(): never {
  throw new Error('this permit has no database');
}
