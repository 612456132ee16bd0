import type { Patch } from './patch.ts';

const BREAKER = 'src/platform/ai/breaker.test.ts ::';
const TWO = `${BREAKER} two accounts on one breaker >`;
const COUNTS = `${BREAKER} the counts of a breaker >`;
const WEAPONS = 'src/sandbox/openai/weapons.test.ts ::';
const OPEN = 'src/server/conclusion.test.ts :: an inline handler that leaves its permit open >';
const BUDGET = 'test/webhooks/operator-budget.test.ts :: a budget of the operator that is used up >';

/** What one caller, or one handler, must not do to all: models closed, processes frozen, permits left open, budgets closed in silence. */
export const GUARDS: readonly Patch[] = [
  {
    name: 'answer-above-the-cap-counts',
    file: 'src/platform/ai/outcome.ts',
    find: "retry: 'never',\n    health: 'neutral',\n  } as const;",
    replace: "retry: 'never',\n    health: 'failed',\n  } as const;",
    expects: `${TWO} answers above the cap, as often as one account asks for them, close nothing`,
  },
  {
    name: 'one-account-opens-for-all',
    file: 'src/platform/ai/breaker.ts',
    find: 'failing >= FEWEST_ACCOUNTS &&',
    replace: '',
    expects: `${COUNTS} one account alone opens it for itself, and is let in again by a probe of its own`,
  },
  {
    name: 'two-accounts-outvote-many',
    file: 'src/platform/ai/breaker.ts',
    find: 'failing >= accounts * rate &&',
    replace: '',
    expects: `${COUNTS} two accounts whose calls fail are few beside many whose calls are served`,
  },
  {
    name: 'long-stream-blamed-on-its-provider',
    file: 'src/platform/ai/attempt.ts',
    find: "if (end === 'cut' || end === 'timeout') entry",
    replace: "if (end === 'cut' || end === 'timeout' || end === 'overdue') entry",
    expects: `${TWO} a stream that is cut counts, and one that still goes on at the limit of the whole call does not`,
  },
  {
    name: 'effort-not-spent',
    file: 'src/sandbox/openai/content/effort.ts',
    find: '    this.#left -= steps;\n',
    replace: '',
    expects: `${WEAPONS} a schema of a caller > spends what it costs over the whole request`,
  },
  {
    name: 'tools-of-any-number',
    file: 'src/sandbox/openai/tools.ts',
    find: 'value.length > MOST_TOOLS',
    replace: 'value.length > Number.MAX_SAFE_INTEGER',
    expects: `${WEAPONS} more tools than OpenAI takes are refused, and those that it takes are looked for in one reading of the text`,
  },
  {
    name: 'permit-left-open',
    file: 'src/server/walk.ts',
    find: '      if (permit !== undefined) await concluded(call, { permit, result }, parts);\n',
    replace: '',
    expects: `${OPEN} is charged the sum of its calls, to the micro-dollar, when it has answered`,
  },
  {
    name: 'served-call-given-back-with-its-handler',
    file: 'src/server/admission.ts',
    find: "return permit.finish('handler failed');",
    replace: "return permit.release('handler failed');",
    expects: `${OPEN} and throws pays for what was served before`,
  },
  {
    name: 'unserved-quota-kept',
    file: 'src/platform/limits/permits.ts',
    find: "progress.isServed ? step('settle')",
    replace: "progress.isOver ? step('settle')",
    expects: `${OPEN} gets its quota back when no call was served`,
  },
  {
    name: 'call-under-way-not-waited-for',
    file: 'src/platform/limits/permits.ts',
    find: '      await progress.idle();\n',
    replace: '',
    expects: `${OPEN} is told in the log when a call goes on without it, and charged what that cost`,
  },
  {
    name: 'model-called-under-a-permit-that-is-over',
    file: 'src/platform/ai/pipe.ts',
    find: '    assertOpen(call.permit, parts.logger);\n',
    replace: '',
    expects:
      'src/platform/ai/pipe.test.ts :: a plain call > under a permit that is over is refused before anything is sent, and the log says so',
  },
  {
    name: 'raised-budget-not-told-again',
    file: 'src/platform/limits/operator-notices.ts',
    find: 'is distinct from (d.day, b.daily)',
    replace: 'is distinct from (d.day, b.told_daily)',
    expects: `${BUDGET} is told again when it was raised and spent again, and the next day, and not while it has room`,
  },
];
