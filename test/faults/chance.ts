/** Chance from a seed: the same seed makes the same choices, in the order in which they are asked for. */
export interface Chance {
  /** From 0 up to 1, without 1. */
  next(): number;
  /** A whole number, both ends included. */
  between(least: number, most: number): number;
  happens(probability: number): boolean;
  pick<T>(from: readonly [T, ...T[]]): T;
  /** One of the names, each as often as its weight says. */
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K;
  /** An id in the form of a UUID. */
  uuid(): string;
  /** Chance of its own for another part, whose choices do not depend on ours. */
  for(name: string): Chance;
}

export function chanceOf(seed: string): Chance {
  let state = hashOf(seed);
  // mulberry32: 32 bits of state are plenty for a plan of faults, and it is read in one look.
  function next(): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }
  const between = (least: number, most: number) => least + Math.floor(next() * (most - least + 1));
  return {
    next,
    between,
    happens: (probability) => next() < probability,
    pick: (from) => from[between(0, from.length - 1)] ?? from[0],
    weighted<K extends string>(weights: Readonly<Record<K, number>>): K {
      const names = Object.keys(weights) as K[];
      let left = next() * names.reduce((sum, name) => sum + weights[name], 0);
      const found = names.find((name) => (left -= weights[name]) < 0) ?? names.at(-1);
      if (found === undefined) throw new Error('there is nothing to choose from');
      return found;
    },
    uuid: () => 'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replaceAll('x', () => between(0, 15).toString(16)),
    for: (name) => chanceOf(`${seed}/${name}`),
  };
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash;
}
