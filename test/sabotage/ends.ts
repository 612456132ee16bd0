import type { Patch } from './patch.ts';

const KEYS = 'src/platform/limits/keys.test.ts ::';
const CLOSING = 'src/platform/limits/functions/closing.sql';
const ENDS = 'src/platform/limits/ends.test.ts ::';
const ALONE = 'src/platform/limits/closings.test.ts :: the end of a permit of a feature that is';
const OPEN = 'src/server/end-open-permit.test.ts :: an inline handler that leaves its permit open >';

/** Calls whose answers go out before they are settled. */
export const ENDS_UNDER_WAY: readonly Patch[] = [
  {
    name: 'denied-by-its-own-finished-call',
    file: 'src/platform/limits/ends-elsewhere.ts',
    find: 'return isAnywhere || wait !== undefined ? ask() : answer;',
    replace: 'return isAnywhere ? ask() : answer;',
    expects: `${ENDS} who asks while its own call is being settled > has its place at once`,
  },
  {
    name: 'finished-calls-noted-after-the-denial',
    file: 'src/platform/limits/ends-elsewhere.ts',
    find: 'const wait = ends.of(account);\n    const answer = await ask();',
    replace: 'const answer = await ask();\n    const wait = ends.of(account);',
    expects: `${ENDS} who asks while its own call is being settled > has what its calls have left of a budget that they give back while it is decided`,
  },
  {
    name: 'ends-of-other-processes-not-asked-for',
    file: 'src/platform/limits/ends-elsewhere.ts',
    find: 'if (missing.size === 0) return false;',
    replace: 'if (missing.size >= 0) return false;',
    expects: `${ENDS} on another process > who has its answer from this one has its place, and what is left of its budget`,
  },
  {
    name: 'ends-told-over-before-they-are',
    file: 'src/platform/limits/ends-elsewhere.ts',
    find: 'else void wait().then(tell);',
    replace: 'else tell();',
    expects: `${ENDS} on another process > who has its answer from this one has its place, and what is left of its budget`,
  },
  {
    name: 'further-call-denied-by-a-finished-one',
    file: 'src/platform/limits/permits.ts',
    find: 'await parts.afterEnds(facts.accountId, ask, deniedBy).catch(',
    replace: 'await ask().catch(',
    expects: `${ENDS} who asks while its own call is being settled > has it for a further call of work that goes on`,
  },
  {
    name: 'larger-reserve-denied-by-a-finished-call',
    file: 'src/platform/limits/delegated.ts',
    find: 'await afterEnds(permit.accountId, ask, deniedBy)',
    replace: 'await ask()',
    expects: `${ENDS} who asks while its own call is being settled > has it for more of a permit that a backend has`,
  },
  {
    name: 'answered-before-its-key-is',
    file: 'src/platform/limits/permits.ts',
    find: 'return facts.idempotency === undefined && !parts.ends.isFull;',
    replace: 'return !parts.ends.isFull;',
    expects: `${ENDS} an answer may go out before its call is settled > but not under an Idempotency-Key, whose repeat must find it`,
  },
  {
    name: 'ends-without-bound',
    file: 'src/platform/limits/ends.ts',
    find: 'return this.#size >= MOST;',
    replace: 'return false;',
    expects: `${ENDS} an answer may go out before its call is settled > and not while thousands of others do: memory has an end`,
  },
  {
    name: 'end-over-before-it-is-told',
    file: 'src/platform/limits/permits.ts',
    find: 'else parts.retries.add(line, tell, over);',
    replace: 'else parts.retries.add(line, tell);\n      over();',
    expects: `${ENDS} an answer may go out before its call is settled > and its end stays under way until the database knows it, however often it is told`,
  },
  {
    name: 'usage-before-its-own-calls',
    file: 'src/platform/limits/limits.ts',
    find: 'await ends.of(accountId)?.();\n      return readUsage(',
    replace: 'return readUsage(',
    expects: `${ENDS} who asks while its own call is being settled > sees in its usage what the call has cost`,
  },
  {
    name: 'stops-with-ends-under-way',
    file: 'src/app.ts',
    find: 'await within(LAST_WORDS, ends.idle());',
    replace: '',
    expects: 'test/gateway/ends.test.ts :: a process that stops ends what it has answered',
  },
  {
    name: 'answer-waits-for-its-settlement',
    file: 'src/platform/ai/relay.ts',
    find: 'if (!mayAnswerFirst) await settled;\n  const response',
    replace: 'await settled;\n  const response',
    expects: 'test/gateway/ends.test.ts :: an answer, plain or streamed, is there before its end is',
  },
  {
    name: 'stream-waits-for-its-settlement',
    file: 'src/platform/ai/relay.ts',
    find: 'if (!mayAnswerFirst) await settled;\n  reader.end(end);',
    replace: 'await settled;\n  reader.end(end);',
    expects: 'test/gateway/ends.test.ts :: an answer, plain or streamed, is there before its end is',
  },
  {
    name: 'inline-answer-waits-for-its-settlement',
    file: 'src/server/end-open-permit.ts',
    find: 'if (!isCalling && !mayAnswerFirst) await over;',
    replace: 'if (!isCalling) await over;',
    expects: `${OPEN} is answered before its end is known, and its next call at one place is not denied for it`,
  },
  {
    name: 'keyed-inline-answer-before-its-settlement',
    file: 'src/server/end-open-permit.ts',
    find: 'if (!isCalling && !mayAnswerFirst) await over;',
    replace: 'void [isCalling, mayAnswerFirst, over];',
    expects: `${OPEN} is answered under an Idempotency-Key when its end is known`,
  },
  {
    name: 'lone-end-without-its-fence',
    file: CLOSING,
    find: ' and p.holder = c.holder and p.fence = c.fence\n',
    replace: '\n',
    expects: `${KEYS} after the process of the first call died > the old process, if it lives after all, finds itself stale, and its whole transaction is undone`,
  },
  {
    name: 'lone-end-forgets-earlier-calls',
    file: CLOSING,
    find: '\n      and not exists (select from limits.usage_events o where o.account_id = p.account_id and o.permit_id = p.id and o.id <> c.event_id)',
    replace: '',
    expects: `${ALONE} usual > served in two calls, is written the same alone and in a crowd`,
  },
  {
    name: 'lone-end-over-its-reserve',
    file: CLOSING,
    find: 'if v_spent > v.reserve or c.charged <> c.cost then return null; end if;',
    replace: 'if c.charged <> c.cost then return null; end if;',
    expects: `${ALONE} usual > served, at more than its reserve, is written the same alone and in a crowd`,
  },
  {
    name: 'lone-end-moves-windows-of-others',
    file: CLOSING,
    find: 'if v_charge->>0 <> p_product then return null; end if;',
    replace: '',
    expects: `${ALONE} own > served, at less than its reserve, is written the same alone and in a crowd`,
  },
  {
    name: 'small-batches-beside-each-other',
    file: 'src/platform/limits/batcher.ts',
    find: '(waiting >= enoughForAnother &&',
    replace: '(waiting > 0 &&',
    expects:
      'src/platform/limits/batcher.test.ts :: another takes off beside one that is under way when enough wait for it, and not before',
  },
  {
    name: 'everybody-behind-one-that-hangs',
    file: 'src/platform/limits/batcher.ts',
    find: 'Number.isFinite(lateAfter)',
    replace: '!Number.isFinite(lateAfter)',
    expects:
      'src/platform/limits/batcher.test.ts :: another takes off beside those that are late, however few wait for it, but for so many connections',
  },
];
