/** Which of many beginnings a word has: found in one walk over its letters, and without cutting it. */
export interface Beginnings<T> {
  /**
   * How many of the first letters, or of those from there on, some entry has, too: no longer beginning is one. What is asked next is
   * asked of this word.
   */
  read(word: string, from?: number): number;
  /** What the beginning of so many letters stands for: nothing where it is no entry, or longer than `read` said. */
  valueOf(length: number): T | undefined;
}

const FREE = 0;
const ROOT = 1;

/** A tree of letters in one table of steps, from a node by a letter to a node. */
export function createBeginnings<T>(entries: ReadonlyMap<string, T>): Beginnings<T> {
  const steps = [...stepsOf(entries.keys())];
  const mask = 2 ** Math.ceil(Math.log2(steps.length * 2 + 2)) - 1;
  const parents = new Int32Array(mask + 1).fill(FREE);
  const codes = new Uint16Array(mask + 1);
  const targets = new Int32Array(mask + 1);
  const values: (T | undefined)[] = Array.from({ length: steps.length + 2 });
  let longest = 0;

  function slotOf(node: number, code: number): number {
    let slot = (Math.imul(node, 0x9e3779b1) ^ Math.imul(code, 0x85ebca6b)) >>> 8;
    for (slot &= mask; parents[slot] !== FREE; slot = (slot + 1) & mask)
      if (parents[slot] === node && codes[slot] === code) break;
    return slot;
  }

  for (const { from, code, to, text } of steps) {
    const slot = slotOf(from, code);
    parents[slot] = from;
    codes[slot] = code;
    targets[slot] = to;
    values[to] = entries.get(text);
    longest = Math.max(longest, text.length);
  }
  const nodes = new Int32Array(longest + 1);

  return {
    read(word, from = 0) {
      let node = ROOT;
      for (let at = from; at < word.length; at++) {
        node = targets[slotOf(node, word.charCodeAt(at))] ?? FREE;
        if (node === FREE) return at - from;
        nodes[at - from + 1] = node;
      }
      return word.length - from;
    },
    valueOf: (length) => values[nodes[length] ?? FREE],
  };
}

/** Each beginning of each entry once: nodes are numbered in the order in which they are met. */
function* stepsOf(entries: Iterable<string>) {
  const nodes = new Map([['', ROOT]]);
  for (const entry of entries) {
    for (let length = 1; length <= entry.length; length++) {
      const text = entry.slice(0, length);
      if (nodes.has(text)) continue;
      const to = nodes.size + ROOT;
      nodes.set(text, to);
      yield { from: nodes.get(text.slice(0, -1)) ?? ROOT, code: text.charCodeAt(length - 1), to, text };
    }
  }
}
