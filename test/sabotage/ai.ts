import type { Patch } from './patch.ts';
import { WIRE } from './wire.ts';

const TRIES = 'src/platform/ai/pipe.test.ts :: tries >';
const STREAM = 'src/platform/ai/live-stream.test.ts :: a stream >';
const BREAKER = 'src/platform/ai/breaker.test.ts :: a circuit breaker >';

const THROTTLE = 'src/platform/ai/throttling.test.ts ::';
const EACH = 'src/platform/ai/item-stream.test.ts ::';
const CUT = 'src/platform/ai/sanitizer/sanitizer.test.ts :: a reply that would repeat a secret prompt >';
const SLOTS = 'src/platform/ai/slots.test.ts ::';

/** The pipe to model providers, and its OpenAI endpoint. */
export const AI: readonly Patch[] = [
  {
    name: 'breaker-never-opens',
    file: 'src/platform/ai/breaker.ts',
    find: 'own.calls >= this.#settings.minimum && own.isFailing',
    replace: 'own.calls < 0',
    expects: `${BREAKER} opens when a model fails, keeps calls away, lets one probe through and closes when it is served`,
  },
  {
    name: 'denied-what-has-cost',
    file: 'src/platform/ai/pipe.ts',
    find: 'throw failure !== undefined && isDenial(error) ? failure.error : error;',
    replace: 'throw error;',
    expects:
      'src/platform/ai/faults.test.ts :: what the ledger is told of each fault > a budget without room for another try tells why the first one failed, for that one may have cost',
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
    find: 'head: call.wire.stream ? new StreamHead() : undefined,',
    replace: 'head: undefined,',
    expects: `${STREAM} is not tried again after its first event: the reader is told, and the call is posted at its reserve`,
  },
  {
    name: 'cut-stream-called-complete',
    file: 'src/platform/ai/live-stream.ts',
    find: "this.#meter.isComplete ? 'complete' : 'cut'",
    replace: "'complete'",
    expects: `${STREAM} that just ends, with neither [DONE] nor usage, is a stream that was cut`,
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
      'src/platform/ai/misbehaving.test.ts :: a provider that misbehaves > with an answer of 10 MB costs its caller what is billed, as far as that can be read, and is not asked again',
  },
  {
    name: 'time-out-booked-as-not-served',
    file: 'src/platform/ai/outcome.ts',
    find: "ledger: mayBeServed ? 'broken' : 'not_served',",
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
    expects:
      'src/platform/ai/openai-endpoint.test.ts :: the reply is capped > to what the granted reserve buys',
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
      'src/platform/ai/openai-endpoint.test.ts :: what the provider is sent > is forced to store nothing and names the account by a hash only',
  },
  {
    name: 'vendor-key-told',
    file: 'src/platform/ai/outcome.ts',
    find: "message.replaceAll(apiKey, '[key]')",
    replace: 'message',
    expects:
      'src/platform/ai/openai-endpoint.test.ts :: the official openai package through the OpenAI endpoint > gets the words of the provider when it refuses the request, without our key',
  },
  {
    name: 'throttled-call-counted-as-a-try',
    file: 'src/platform/ai/ledger.ts',
    find: 'permit.notServed({ throttled: true })',
    replace: 'permit.notServed()',
    expects: `${THROTTLE} a 429 > is no try, in this attempt and for the attempts after it`,
  },
  {
    name: 'throttled-call-counted-at-take-up',
    file: 'src/platform/limits/functions/settlement.sql',
    find: 'and corrects is null and tried and id',
    replace: 'and corrects is null and id',
    expects:
      'src/platform/limits/takeup.test.ts :: the tries that a job has left > are not touched by calls for which the provider had no room, and each is on the ledger as void',
  },
  {
    name: 'planned-call-counted-as-a-try',
    file: 'src/platform/limits/permits.ts',
    find: "s: 'voided', t: false, c: unusedCorrection",
    replace: "s: 'voided', c: unusedCorrection",
    expects:
      'src/platform/limits/takeup.test.ts :: the tries that a job has left > are not touched by a call that was planned and never went out',
  },
  {
    name: 'throttle-opens-for-everybody-at-once',
    file: 'src/platform/ai/throttle.ts',
    find: 'while (this.#inside < this.#window && ',
    replace: 'while (',
    expects: `${THROTTLE} a provider that throttles > is met by one call when its throttle opens, then by twice as many each time`,
  },
  {
    name: 'throttle-forgets-how-long-to-wait',
    file: 'src/platform/ai/throttle.ts',
    find: 'const asked = retryAfter ?? this',
    replace: 'const asked = this',
    expects: `${THROTTLE} a 429 > that asks for more than the patience of the policy puts the call off, and says until when`,
  },
  {
    name: 'throttling-opens-the-breaker',
    file: 'src/platform/ai/slot-admission.ts',
    find: "health === 'throttled' ? 'neutral' : health",
    replace: "health === 'throttled' ? 'failed' : health",
    expects: `${THROTTLE} a 429 > never opens the breaker`,
  },
  {
    name: 'refusal-of-an-open-breaker-counted',
    file: 'src/platform/ai/outcome.ts',
    find: '    postponed: true,\n',
    replace: '',
    expects: `${THROTTLE} a call that an open breaker refuses never went out: it is put off, and is no try`,
  },
  {
    name: 'slot-kept-by-a-stream-that-ended',
    file: 'src/platform/ai/attempt.ts',
    find: '      over(at.current);\n',
    replace: '',
    expects: `${SLOTS} a call > that is streamed to its end gives its place back`,
  },
  {
    name: 'slot-kept-by-a-call-that-was-refused',
    file: 'src/platform/ai/attempt.ts',
    find: "if (done === undefined || !('live' in done)) over(current);",
    replace: "if (done !== undefined && !('live' in done)) over(current);",
    expects: `${SLOTS} a call > that its permit refuses gives its place back`,
  },
  {
    name: 'slots-overtaken',
    file: 'src/platform/ai/slots.ts',
    find: 'if (this.#queue.length === 0 && this.#hasRoom) {',
    replace: 'if (true) {',
    expects: `${SLOTS} a place > is in use by no more than the limit, whoever comes, leaves and gives up`,
  },
  {
    name: 'each-process-uses-the-whole-limit',
    file: 'src/platform/ai/slots.ts',
    find: 'Math.max(1, Math.floor(limit / holders) + rest)',
    replace: 'limit',
    expects: `${SLOTS} shares > of all processes sum to the limit, and none is without a place`,
  },
  {
    name: 'list-asked-for-again-after-elements-were-taken',
    file: 'src/platform/ai/item-stream.ts',
    find: 'if (broken !== undefined && (taken.count > 0 || !broken.retryable)) break;',
    replace: '',
    expects: `${EACH} a stream that breaks after elements were taken > is never asked for again: what was whole is taken, the rest is for the next attempt`,
  },
  {
    name: 'stream-goes-on-without-its-taker',
    file: 'src/platform/ai/list-reader.ts',
    find: '      this.#thrown = { error };\n      this.#stream.live.stop();',
    replace: '      this.#thrown = { error };',
    expects: `${EACH} a taker > that throws ends the stream, and its error comes out as it is`,
  },
  {
    name: 'list-with-a-hole-taken-for-whole',
    file: 'src/platform/ai/stream-text.ts',
    find: 'chunk.subarray(0, Math.max(0, wholeBytes - this.#received))',
    replace: 'chunk.subarray(0, Math.max(wholeBytes, chunk.length))',
    expects: `${EACH} a stream that breaks after elements were taken > hands on nothing more once a part of it was lost`,
  },
  {
    name: 'long-hole-in-a-list-overlooked',
    file: 'src/platform/ai/list-reader.ts',
    find: 'if (this.#text.isBroken) this.fail(unavailable());',
    replace: '',
    expects: `${EACH} a stream that breaks after elements were taken > is no whole one where what was lost was too long to be looked into`,
  },
  {
    name: 'bracket-within-a-string-counted',
    file: 'src/platform/ai/elements.ts',
    find: 'if (this.#isString) return this.#readString(character);',
    replace: '',
    expects:
      'src/platform/ai/elements.test.ts :: the elements of a streamed list > are handed out with the very character that completes them',
  },
  {
    name: 'leak-that-is-split-let-out',
    file: 'src/platform/ai/sanitizer/sanitizer.ts',
    find: 'Math.min(...this.#watches.map(({ watch }) => watch.from ?? place))',
    replace: 'place',
    expects: `${CUT} word for word is cut, however it is split`,
  },
  {
    name: 'leak-in-base64-read-from-its-first-letter-only',
    file: 'src/platform/ai/sanitizer/decoded.ts',
    find: '  alignments: 4,',
    replace: '  alignments: 1,',
    expects: `${CUT} in base64 is cut, however it is split`,
  },
  {
    name: 'leak-in-lines-of-base64-overlooked',
    file: 'src/platform/ai/sanitizer/decoded.ts',
    find: 'else if (LETTER.test(character)) this.#begin();',
    replace: 'else this.#begin();',
    expects: `${CUT} in base64, in lines of 76 is cut, however it is split`,
  },
  {
    name: 'reply-goes-on-after-a-leak',
    file: 'src/platform/ai/sanitizer/sanitizer.ts',
    find: "    if (this.leak !== undefined) return '';\n",
    replace: '',
    expects: `${CUT} word for word is cut, however it is split`,
  },
  {
    name: 'element-with-a-leak-taken',
    file: 'src/platform/ai/list-reader.ts',
    find: 'if (this.#refuses?.(checked.data) === true) return;',
    replace: '',
    expects:
      'src/platform/ai/sanitizer/guard.test.ts :: a feature with secret prompts > drops an element of a list that holds one, and keeps the others',
  },
  {
    name: 'object-with-a-leak-taken',
    file: 'src/platform/ai/generate.ts',
    find: 'object !== undefined && guard?.beginObjects()(object) !== true',
    replace: 'object !== undefined',
    expects:
      'src/platform/ai/sanitizer/guard.test.ts :: a feature with secret prompts > asks again for an object that holds one, however deep',
  },
  {
    name: 'cut-answer-asked-again',
    file: 'src/platform/ai/generate.ts',
    find: "request.whenCut === 'refuse' && object === undefined && isCut(answer)",
    replace: 'false && isCut(answer)',
    expects:
      'src/platform/ai/generate.test.ts :: an answer that is cut is refused at once where its caller can ask for less, else asked for again',
  },
  ...WIRE,
];
