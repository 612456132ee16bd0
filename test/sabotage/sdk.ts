import type { Patch } from './patch.ts';

const CALLS = 'sdk/src/calls.ts';
const SESSIONS = 'sdk/src/sessions.ts';
const WORK = 'sdk/src/with-permit.ts';
const CREATES = 'test/sdk/calls.test.ts :: a call that creates';
const RENEWED = 'test/sdk/sessions.test.ts :: a session is renewed';
const OVER = 'test/sdk/sessions.test.ts :: a session is over';
const TOLD = 'test/sdk/streams.test.ts :: a generation is told';
const PERMIT = 'test/sdk/permits.test.ts :: work under a permit';

/** The client. */
export const SDK: readonly Patch[] = [
  {
    name: 'id-that-folds',
    file: CALLS,
    find: "value === '' || value === '.' || value === '..'",
    replace: "value === 'undefined'",
    expects: 'test/sdk/calls.test.ts :: a call is not tried again > when an id would fold into another route',
  },
  {
    name: 'client-without-its-key',
    file: CALLS,
    find: "...(key === undefined ? {} : { 'idempotency-key': key }),",
    replace: "'idempotency-key': crypto.randomUUID(),",
    expects: `${CREATES} > that is made twice under a key of the caller’s is done once`,
  },
  {
    name: 'client-repeats-all',
    file: CALLS,
    find: 'repeatable: IDEMPOTENT.has(method) || key !== undefined || REPEATABLE.has(route),',
    replace: 'repeatable: true,',
    expects:
      'test/sdk/calls.test.ts :: a call is not tried again > when it would have another effect the second time',
  },
  {
    name: 'retry-after-cut-short',
    file: 'sdk/src/retries.ts',
    find: 'return asked > retries.longest ? undefined : asked + jitter;',
    replace: 'return Math.min(asked, retries.longest) + jitter;',
    expects:
      'test/sdk/calls.test.ts :: a call is not tried again > when its caller is asked for more patience than it has',
  },
  {
    name: 'each-call-renews',
    file: SESSIONS,
    find: 'renewing ??= renewed(refused)',
    replace: 'renewing = renewed(refused)',
    expects: `${RENEWED} > once, by however many calls find it ended at once`,
  },
  {
    name: 'wrong-clock-renews-each-call',
    file: SESSIONS,
    find: 'if (token === youngest.token && time.now() - youngest.since < ENDING) return false;',
    replace: '',
    expects: `${RENEWED} > once and not before every call, where the clock here is wrong`,
  },
  {
    name: 'renewal-signs-in-again',
    file: SESSIONS,
    find: 'if (now?.refresh_token !== before.refresh_token) return now?.access_token;',
    replace: '',
    expects: `${OVER} > for a renewal too that was under way when somebody signed out`,
  },
  {
    name: 'stream-from-the-start',
    file: 'sdk/src/events.ts',
    find: 'after = event.id ?? after;',
    replace: '',
    expects: `${TOLD} > whole, although the connection broke twice: nothing is missed and nothing comes twice`,
  },
  {
    name: 'failed-work-is-settled',
    file: WORK,
    find: 'failed === undefined ? release() : settle({ ...failed, units: 0 })',
    replace: 'settle(failed ?? {})',
    expects: `${PERMIT} > that fails is not charged`,
  },
  {
    name: 'permit-left-to-expire',
    file: WORK,
    find: 'await extend(stopped.signal);',
    replace: 'stopped.signal.throwIfAborted();',
    expects: `${PERMIT} > hears that its permit is lost`,
  },
  {
    name: 'client-on-node-alone',
    file: 'sdk/src/time.ts',
    find: 'random: () => Math.random(),',
    replace: 'random: () => Number(process.hrtime.bigint() % 1_000n) / 1_000,',
    expects:
      'test/sdk/built.test.ts :: the client as it is built and installed, by its types too, works in > Node',
  },
];
