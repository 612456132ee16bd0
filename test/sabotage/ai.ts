import type { Patch } from './patch.ts';

const TRIES = 'src/platform/ai/pipe.test.ts :: tries >';
const STREAM = 'src/platform/ai/live-stream.test.ts :: a stream >';
const BREAKER = 'src/platform/ai/breaker.test.ts :: a circuit breaker >';

/** The pipe to model providers, and its door. */
export const AI: readonly Patch[] = [
  {
    name: 'breaker-never-opens',
    file: 'src/platform/ai/breaker.ts',
    find: 'sum(this.#failures) >= calls * this.#settings.rate',
    replace: 'calls < 0',
    expects: `${BREAKER} opens when a model fails, keeps calls away, lets one probe through and closes when it is served`,
  },
  {
    name: 'retry-after-ignored',
    file: 'src/platform/ai/pipe.ts',
    find: 'Math.max(failure.retryAfter ?? 0,',
    replace: 'Math.max(0,',
    expects: `${TRIES} wait for as long as the provider asks`,
  },
  {
    name: 'tries-not-shared-with-the-job',
    file: 'src/platform/ai/plan.ts',
    find: 'most - permit.calls',
    replace: 'most',
    expects: `${TRIES} are counted over earlier attempts of the same job`,
  },
  {
    name: 'stream-retried-after-its-first-byte',
    file: 'src/platform/ai/attempt.ts',
    find: 'headOf: call.wire.stream ? showsAnswer : undefined,',
    replace: 'headOf: undefined,',
    expects: `${STREAM} is not tried again after its first event: the reader is told, and the call is posted at its reserve`,
  },
  {
    name: 'cut-stream-called-complete',
    file: 'src/platform/ai/live-stream.ts',
    find: "this.#complete || this.#meter.usage !== undefined ? 'complete' : 'cut'",
    replace: "'complete'",
    expects: `${STREAM} that just ends, with neither [DONE] nor usage, is a stream that was cut`,
  },
  {
    name: 'call-goes-on-without-its-reader',
    file: 'src/platform/ai/exchange.ts',
    find: 'this.#controller?.abort(new Error(`the call was ended: ${mishap}`));',
    replace: '',
    expects: `${STREAM} that its reader leaves stops the provider call, and what was shown is posted`,
  },
  {
    name: 'slow-reader-not-waited-for',
    file: 'src/platform/ai/exchange.ts',
    find: 'if (this.#consumer?.data(chunk) === false) this.#pause(controller);',
    replace: 'this.#consumer?.data(chunk);',
    expects:
      'src/platform/ai/misbehaving.test.ts :: a provider that misbehaves > faster than its reader is paused: not more than a buffer is held',
  },
  {
    name: 'answer-of-any-size',
    file: 'src/platform/ai/exchange.ts',
    find: '(this.#status < 400 ? this.#options.maxBytes : MAX_ERROR_BYTES)',
    replace: 'Number.POSITIVE_INFINITY',
    expects:
      'src/platform/ai/misbehaving.test.ts :: a provider that misbehaves > with an answer of 10 MB is cut off, and what was served is posted',
  },
  {
    name: 'time-out-booked-as-not-served',
    file: 'src/platform/ai/outcome.ts',
    find: "ledger: how.isSent ? 'unknown' : 'not_served',",
    replace: "ledger: 'not_served',",
    expects:
      'src/platform/ai/faults.test.ts :: what the ledger is told of each fault > a call that is not answered in time may have been served',
  },
  {
    name: 'cost-rounded-down',
    file: 'src/platform/ai/prices.ts',
    find: 'Math.ceil(sum / 100_000_000)',
    replace: 'Math.floor(sum / 100_000_000)',
    expects:
      'src/platform/ai/prices.test.ts :: what a call costs > is rounded up once, over all kinds of tokens',
  },
  {
    name: 'reply-longer-than-the-budget-buys',
    file: 'src/platform/ai/plan.ts',
    find: '    if (fits >= 1) maxTokens = Math.min(maxTokens, fits);\n',
    replace: '',
    expects: 'src/platform/ai/door.test.ts :: the reply is capped > to what the granted reserve buys',
  },
  {
    name: 'model-called-inside-a-transaction',
    file: 'src/platform/ai/pipe.ts',
    find: "    assertOutsideTransaction('a model was called');\n",
    replace: '',
    expects: 'src/platform/ai/transaction.test.ts :: no model is called inside a database transaction',
  },
  {
    name: 'vendor-told-to-store',
    file: 'src/platform/ai/attempt.ts',
    find: 'store: isChat && dialect.safety,',
    replace: 'store: false,',
    expects:
      'src/platform/ai/door.test.ts :: what the provider is sent > is forced to store nothing and names the account by a hash only',
  },
  {
    name: 'vendor-key-told',
    file: 'src/platform/ai/outcome.ts',
    find: "message.replaceAll(apiKey, '[key]')",
    replace: 'message',
    expects:
      'src/platform/ai/door.test.ts :: the official openai package through the door > gets the words of the provider when it refuses the request, without our key',
  },
];
