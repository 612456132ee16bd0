/** Commas, colons and opening brackets outside of strings, at most, in a JSON body: some ten times what the largest real one has. */
const MOST_PARTS = 200_000;

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
/** `,` `:` `[` `{`: each begins an element, a value or a level. */
const IS_PART = new Uint8Array(256);
for (const byte of [0x2c, 0x3a, 0x5b, 0x7b]) IS_PART[byte] = 1;

/**
 * Counts the elements of JSON as it comes, in constant memory: what is small in bytes may be large for the parser and for all that
 * looks at its values afterwards. 8 MB of `[],` hold everybody up for half a second, and one string of 8 MB does not.
 */
export function createPartCounter(most = MOST_PARTS): {
  /** Reads the next bytes; answers whether there are too many parts so far. */
  isPast(chunk: Uint8Array): boolean;
} {
  let parts = 0;
  let inString = false;
  let isEscaped = false;
  return {
    isPast(chunk) {
      for (let at = 0; at < chunk.length; at += 1) {
        const byte = chunk[at] ?? 0;
        if (!inString) {
          parts += IS_PART[byte] ?? 0;
          inString = byte === QUOTE;
        } else if (isEscaped) isEscaped = false;
        else if (byte === BACKSLASH) isEscaped = true;
        else inString = byte !== QUOTE;
      }
      return parts > most;
    },
  };
}
