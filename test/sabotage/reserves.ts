import type { Patch } from './patch.ts';

const TOKENS = 'src/platform/ai/tokens.test.ts ::';
const RESERVES = 'test/gateway/reserves.test.ts ::';
const SETTINGS = 'src/platform/ai/settings.test.ts ::';
const BODIES = 'test/gateway/bodies.test.ts ::';

/** What a call is taken to cost before it goes out, what settings say of that, and how large it may be. */
export const RESERVED: readonly Patch[] = [
  {
    name: 'long-runs-handed-to-the-tokenizer',
    file: 'src/platform/ai/token-texts.ts',
    find: 'const RUN = /\\S{256}|\\s{256}/g;',
    replace: 'const RUN = /\\S{256000}|\\s{256000}/g;',
    expects: `${TOKENS} the count of an input > hands no long run to the tokenizer, whose time grows with its square`,
  },
  {
    name: 'picture-counted-as-text',
    file: 'src/platform/ai/tokens.ts',
    find: 'pictures.reduce((bytes, picture) => bytes - picture.bytes, wire.inputBytes)',
    replace: 'wire.inputBytes',
    expects: `${TOKENS} the count of pictures > takes their bytes for no text: two megabytes cost what two kilobytes do`,
  },
  {
    name: 'unpublished-tokenizer-counted-as-openai-s',
    file: 'src/platform/ai/tokens.ts',
    find: ': Math.max(Math.ceil(counted.o200k * OTHER), counted.fine);',
    replace: ': counted.o200k;',
    expects: `${TOKENS} the count of an input > is never below what the sandbox bills, whose tokenizer is another one`,
  },
  {
    name: 'denied-by-bytes-alone',
    file: 'src/server/admission.ts',
    find: 'const closer = await prepared?.closer?.();',
    replace: 'const closer = await (undefined as typeof prepared)?.closer?.();',
    expects: `${RESERVES} 300 KB of text fit a free plan’s day, whose budget their bytes do not: they are counted, and that is told`,
  },
  {
    name: 'answer-cut-before-its-input-is-counted',
    file: 'src/platform/ai/openai-endpoint.ts',
    find: 'micros(Math.max(part, least))',
    replace: 'micros(part)',
    expects: `${RESERVES} a call that names no length of its own is counted before its answer is cut`,
  },
  {
    name: 'budget-too-small-called-a-plan',
    file: 'src/platform/limits/functions/admission.sql',
    find: "(c.kind <> 'budget' or v_max = 0) and ",
    replace: '',
    expects:
      'src/platform/limits/kinds.test.ts :: a call that costs more than a whole budget is denied by that budget, which says how much it needs',
  },
  {
    name: 'reload-forgets-breakers',
    file: 'src/platform/ai/providers.ts',
    find: 'if (before !== undefined) return before;',
    replace: '',
    expects: `${SETTINGS} other settings while the program runs > a breaker that is open stays open for a model that stays`,
  },
  {
    name: 'other-prices-under-one-version',
    file: 'src/platform/ai/watch-ai-settings.ts',
    find: ' && pricesIn(now) !== pricesIn(text))',
    replace: ' && pricesIn(now) === undefined)',
    expects:
      'test/gateway/settings.test.ts :: one that is wrong is refused, and what was in effect stays: other prices of the same version',
  },
  {
    name: 'body-read-before-its-sender-is-known',
    file: 'src/server/body-capacity.ts',
    find: 'if (length <= maxBody) return undefined;',
    replace: 'if (length <= maxBody || largeBody !== undefined) return undefined;',
    expects: `${BODIES} a body above what the plan grants is refused before a byte of it is read, with the plan that takes it`,
  },
  {
    name: 'body-too-large-without-a-size',
    file: 'src/server/body-capacity.ts',
    find: 'if (largeBody === undefined) throw tooLarge(maxBody, null);',
    replace: 'if (largeBody === undefined) return undefined;',
    expects:
      'src/server/server.test.ts :: what is larger than the route takes is told how large it may be, however it is sent',
  },
  {
    name: 'bytes-in-flight-not-given-back',
    file: 'src/server/body-capacity.ts',
    find: "reply.raw.once('close', place.free);",
    replace: "reply.raw.once('never', place.free);",
    expects: `${BODIES} bytes in flight are bounded by account, then by process, and room is free again when a call ends`,
  },
];
