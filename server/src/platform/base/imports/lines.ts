/** A line of a file; `text` is undefined where there is none to be had: too long, or no UTF-8. */
export interface Line {
  /** From 1 on. */
  readonly number: number;
  readonly text: string | undefined;
  readonly problem?: 'line_too_long' | 'not_utf8';
}

/** Bytes; a user with all that can be said of one takes a hundredth of it. */
const LONGEST_LINE = 65_536;

const LF = 0x0a;
const CR = 0x0d;

/** The lines of a stream of bytes, without their ends (LF or CRLF). It keeps one of them at a time, and of a long one no more than its beginning. */
export async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let number = 0;
  let held: Uint8Array[] = [];
  let size = 0;

  const hold = (part: Uint8Array) => {
    size += part.length;
    if (size <= LONGEST_LINE + 1 && part.length > 0) held.push(part);
  };
  const next = (): Line => {
    const whole = Buffer.concat(held);
    const isTooLong = size > LONGEST_LINE + 1;
    [held, size, number] = [[], 0, number + 1];
    if (isTooLong) return { number, text: undefined, problem: 'line_too_long' };
    const isMarked = number === 1 && whole.subarray(0, 3).equals(BYTE_ORDER_MARK);
    const end = whole.at(-1) === CR ? whole.length - 1 : whole.length;
    try {
      return { number, text: decoder.decode(whole.subarray(isMarked ? 3 : 0, end)) };
    } catch {
      return { number, text: undefined, problem: 'not_utf8' };
    }
  };

  for await (const chunk of bytes) {
    let from = 0;
    for (let at = chunk.indexOf(LF); at >= 0; at = chunk.indexOf(LF, from)) {
      hold(chunk.subarray(from, at));
      from = at + 1;
      yield next();
    }
    hold(chunk.subarray(from));
  }
  if (size > 0) yield next();
}

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
