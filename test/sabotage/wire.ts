import type { Patch } from './patch.ts';

const VENDORS = 'src/platform/ai/vendors.test.ts :: a stream as';
const DIALECTS = 'src/platform/ai/dialects.test.ts :: a streamed answer';
const THINKING = 'src/platform/ai/thinking.test.ts ::';
const LOOK = 'src/platform/ai/look.test.ts ::';
const OPENAI = 'test/sdk/openai.test.ts :: the official openai package';

/** What goes over the wire to providers and back to OpenAI's clients. */
export const WIRE: readonly Patch[] = [
  {
    name: 'event-cut-in-two-not-held',
    file: 'src/platform/ai/event-cutter.ts',
    find: 'this.#bytes += rest.length;',
    replace: '',
    expects: `${VENDORS} openai sends it > gives the same bytes, usage, cost and end however it is cut, with lines that end in LF`,
  },
  {
    name: 'windows-border-unknown',
    file: 'src/platform/ai/events.ts',
    find: 'if (data[at + 1] === CR && data[at + 2] === LF) return at + 3;',
    replace: '',
    expects: `${VENDORS} openai sends it > gives the same bytes, usage, cost and end however it is cut, with lines that end in CR LF`,
  },
  {
    name: 'thoughts-left-out-of-the-bill',
    file: 'src/platform/ai/usage.ts',
    find: 'const completionTokens = generated + unseen;',
    replace: 'const completionTokens = generated;',
    expects: `${VENDORS} gemini sends it > is passed on whole, and its usage, words and id are read`,
  },
  {
    name: 'cache-writes-not-read',
    file: 'src/platform/ai/usage.ts',
    find: "tokens(usage['cache_creation_input_tokens']) ??\n    0;\n  // Anthropic's input",
    replace: "0;\n  // Anthropic's input",
    expects: `${VENDORS} anthropic sends it > is passed on whole, and its usage, words and id are read`,
  },
  {
    name: 'usage-of-groq-unread',
    file: 'src/platform/ai/usage.ts',
    find: "(isRecord(groq) ? readUsage(groq['usage']) : undefined)",
    replace: 'undefined',
    expects: `${VENDORS} groq sends it > is passed on whole, and its usage, words and id are read`,
  },
  {
    name: 'figures-of-half-an-answer-believed',
    file: 'src/platform/ai/stream-meter.ts',
    find: 'return this.isComplete || this.#isUsageAlone ? believed(',
    replace: 'return this.#events > 0 ? believed(',
    expects: `${VENDORS} xai sends it > that is cut off before its end is never called complete, nor are its figures`,
  },
  {
    name: 'error-null-is-an-error',
    file: 'src/platform/ai/usage.ts',
    find: 'if (isRecord(error)) return error;',
    replace: "if (isRecord(error) || 'error' in answer) return isRecord(error) ? error : {};",
    expects: `${DIALECTS} > in the dialect error_null has the same words, end and exact cost`,
  },
  {
    name: 'plain-answer-to-a-stream-refused',
    file: 'src/platform/ai/stream-meter.ts',
    find: 'this.#isOver = isPlain(chunk);',
    replace: '',
    expects: `${DIALECTS} > in the dialect plain has the same words, end and exact cost`,
  },
  {
    name: 'error-in-a-stream-passed-over',
    file: 'src/platform/ai/stream-meter.ts',
    find: 'if (this.failure !== undefined) return false;',
    replace: '',
    expects: `${DIALECTS} > whose provider tells of an error in its midst has broken, whatever it ends in, and the reader hears why`,
  },
  {
    name: 'thoughts-under-two-names-count-twice',
    file: 'src/platform/ai/look.ts',
    find: 'Math.max(found.thoughts, found.other_thoughts)',
    replace: 'found.thoughts + found.other_thoughts',
    expects: `${LOOK} words are counted in every dialect, whatever they are, thoughts under two names once`,
  },
  {
    name: 'usage-that-is-null-hides-the-one-before',
    file: 'src/platform/ai/look.ts',
    find: 'mayTell ||= data[value] === OPENS;',
    replace: 'mayTell = data[value] === OPENS;',
    expects: `${LOOK} an event with a first usage that is told and a second that is null is parsed or not`,
  },
  {
    name: 'stream-says-each-event-by-itself',
    file: 'src/platform/ai/relay.ts',
    find: 'this.#said.push(chunk);\n    this.#send();',
    replace: 'this.#said.push(chunk);\n    this.#sendNow();',
    expects:
      'src/platform/ai/relay.test.ts :: what a stream says in one turn of the event loop leaves in one write, its end with it',
  },
  {
    name: 'provider-never-waits-for-the-reader',
    file: 'src/platform/ai/relay.ts',
    find: 'return !response.writableNeedDrain;',
    replace: 'return true;',
    expects:
      'src/platform/ai/relay.test.ts :: a client that does not read has its provider wait, and all of it is there when it does',
  },
  {
    name: 'role-taken-for-an-answer',
    file: 'src/platform/ai/usage.ts',
    find: "const FRAME = new Set(['role', 'index',",
    replace: "const FRAME = new Set(['index',",
    expects: `${DIALECTS} > with a role and nothing else has shown nothing, and is tried again when it breaks`,
  },
  {
    name: 'key-sent-to-another-host',
    file: 'src/platform/ai/exchange.ts',
    find: 'return to?.origin === new URL(origin).origin ? to.pathname + to.search : undefined;',
    replace: 'return to === null ? undefined : to.pathname + to.search;',
    expects:
      'src/platform/ai/dialects.test.ts :: a redirect > with 308 to http://127.0.0.1:9/v1/chat/completions is not: another place must not get our key',
  },
  {
    name: 'thinking-cut-by-the-policy',
    file: 'src/platform/ai/time-limits.ts',
    find: 'const usual = price.thinks ? THINKING : undefined;',
    replace: 'const usual: TimeLimits | undefined = undefined as TimeLimits | undefined;',
    expects: `${THINKING} a model that thinks > has its first token after 70 seconds and a silence of 40 in the middle, whatever its policy says`,
  },
  {
    name: 'comments-no-life',
    file: 'src/platform/ai/exchange.ts',
    find: 'this.due = Math.min(deadlines.now + timeouts.first, this.#last);',
    replace: 'void [deadlines, timeouts];',
    expects: `${THINKING} a provider that says by comments that it is alive > is waited for past the limit of the first token, and not past the total`,
  },
  {
    name: 'client-hears-nothing',
    file: 'src/platform/ai/relay.ts',
    find: 'const SILENCE = 12_000;',
    replace: 'const SILENCE = 30_000;',
    expects: `${THINKING} a model that thinks > for ten minutes is streamed whole, and its client hears from us at least every 15 seconds`,
  },
  {
    name: 'alias-not-listed',
    file: 'src/platform/ai/providers.ts',
    find: 'if (!chains.has(id)) listed.push({ id, provider });',
    replace: 'if (!chains.has(id) && provider !== OURS) listed.push({ id, provider });',
    expects: `${OPENAI} > lists every name that a call may ask for, aliases too, and each of them is taken`,
  },
  {
    name: 'words-of-the-vendor-dropped',
    file: 'src/platform/ai/openai-errors.ts',
    find: "param: said?.param ?? (typeof field === 'string' ? field : null),",
    replace: "param: typeof field === 'string' ? field : null,",
    expects: `${OPENAI} > gets a refusal with 422 and the code out_of_range as the provider gave it`,
  },
  {
    name: 'throttling-told-as-our-own',
    file: 'src/platform/ai/openai-errors.ts',
    find: "  429: 'provider_rate_limited',\n};",
    replace: '};',
    expects: `${OPENAI} > is told by 429 of a provider that throttles where no other is left, with its time to wait`,
  },
  {
    name: 'trace-ends-here',
    file: 'src/products/gateway/service.ts',
    find: '        traceparent,\n',
    replace: '',
    expects:
      'test/sdk/openai.test.ts :: an upstream of the settings > is called with the query of its URL, its own header for the key, and the trace of the caller',
  },
];
