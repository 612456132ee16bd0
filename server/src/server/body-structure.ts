/** Commas, colons and opening brackets outside of strings, at most, in a JSON body: some ten times what the largest real one has. */
const MOST_PARTS = 200_000;

/** Where a byte stands: outside of strings, in one, or behind the backslash of one. */
const [OUTSIDE, IN_STRING, ESCAPED] = [0, 256, 512];
const [QUOTE, BACKSLASH] = [0x22, 0x5c];
/** By place and byte: where the next one stands, and whether it is one of `,` `:` `[` `{`, each of which begins an element, a value or a level. */
const NEXT = new Uint16Array(768).fill(IN_STRING, IN_STRING);
NEXT[OUTSIDE + QUOTE] = IN_STRING;
NEXT[IN_STRING + QUOTE] = OUTSIDE;
NEXT[IN_STRING + BACKSLASH] = ESCAPED;
const IS_PART = new Uint8Array(768);
for (const byte of [0x2c, 0x3a, 0x5b, 0x7b]) IS_PART[OUTSIDE + byte] = 1;

/** Bytes of a string that are looked at one by one before `indexOf` is called, which costs as much as they do. */
const NEAR = 32;

/**
 * Counts the elements of JSON as it comes, in constant memory: what is small in bytes may be large for the parser and for all that
 * looks at its values afterwards. 8 MB of `[],` hold everybody up for half a second, and one string of 8 MB does not.
 */
export function createPartCounter(most = MOST_PARTS): {
  /** Reads the next bytes; answers whether there are too many parts so far. */
  isPast(chunk: Buffer): boolean;
} {
  let parts = 0;
  let place = OUTSIDE;
  return {
    isPast(chunk) {
      let count = 0;
      let from = place;
      let near = NEAR;
      const { length } = chunk;
      for (let at = 0; at < length; at += 1) {
        const key = from + (chunk[at] ?? 0);
        count += IS_PART[key] ?? 0;
        from = NEXT[key] ?? OUTSIDE;
        if (from !== IN_STRING) near = at + NEAR;
        else if (at >= near) {
          // The next byte that says something is behind a long part of a string.
          at = beforeQuote(chunk, at);
          near = at + NEAR;
        }
      }
      parts += count;
      place = from;
      return parts > most;
    },
  };
}

/** Within a string: the last byte before the next quote and the backslashes that stand before it, or before those at the end. */
function beforeQuote(chunk: Buffer, at: number): number {
  const quote = chunk.indexOf(QUOTE, at + 1);
  let last = quote === -1 ? chunk.length - 1 : quote - 1;
  while (last > at && chunk[last] === BACKSLASH) last -= 1;
  return last;
}
