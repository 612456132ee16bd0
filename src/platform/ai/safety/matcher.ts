/** A pattern that was found: whose, and from which word to which. */
export interface Hit {
  readonly owner: number;
  readonly from: number;
  readonly to: number;
}

export interface Automaton {
  /** What a word is to the patterns; an empty one ends what is under way. */
  read(word: string): Reading;
  /** All hits, in the order of their ends. */
  run(words: readonly Reading[]): { readonly hits: readonly Hit[]; readonly steps: number };
  /** Whether some pattern names the word. */
  knows(word: string): boolean;
  readonly vocabulary: ReadonlySet<string>;
}

export interface State {
  /** To other states, by symbol. */
  edges: Map<number, number[]>;
  /** Entered with any word. */
  any: number[];
  /** Entered together with this one. */
  also: number[];
  owners: number[];
}

/** What a word is to the patterns: the same for all words that they know by the same beginning. */
export interface Reading {
  readonly symbols: readonly number[];
  /** The same, a bit for each. */
  readonly bits: Uint32Array;
  /** The states that it leads to by itself. */
  readonly begins: readonly number[];
  /** Where it leads to from states that have been asked about. */
  readonly next: Map<number, readonly number[]>;
}

export interface Built {
  readonly states: readonly State[];
  readonly symbols: number;
  readonly ofWord: ReadonlyMap<string, readonly number[]>;
  readonly ofBeginning: ReadonlyMap<string, readonly number[]>;
}

const SHORTEST_BEGINNING = 3;
/** States of so many edges are faster searched than remembered. */
const FEW = 4;
/** From so many states to others by a word, which are remembered: common words stand in hundreds of classes. */
const MOST_WAYS = 200_000;

const NONE: readonly number[] = [];
/** Ends what is under way. */
const END: Reading = { symbols: NONE, bits: new Uint32Array(0), begins: NONE, next: new Map() };

/** Reads texts by the states of an automaton. */
export function createMatcher(built: Built): Automaton {
  const { states, ofWord } = built;
  const { read, knows, waysFrom } = readerOf(built);
  const { starts, symbols, targets, also, any, owners } = packed(states);
  const startOfList = (state: number, list: number) => starts[state * LISTS + list] ?? 0;

  // Made once: a text is read in one go, and leaves `isEntered` as it was.
  const isEntered = new Uint8Array(states.length);
  let entered = new Int32Array(states.length);
  let active = new Int32Array(states.length);
  let startOf = new Int32Array(states.length);
  let startBefore = new Int32Array(states.length);
  let count = 0;
  let steps = 0;

  function enter(state: number, from: number): void {
    steps++;
    if (isEntered[state] === 0) {
      isEntered[state] = 1;
      entered[count++] = state;
    } else if (from >= (startOf[state] ?? 0)) {
      // The longer way there is kept: what covers a hit must begin before it.
      return;
    }
    startOf[state] = from;
    const end = startOfList(state + 1, ALSO);
    for (let at = startOfList(state, ALSO); at < end; at++) enter(also[at] ?? 0, from);
  }

  function follow(state: number, from: number, reading: Reading): void {
    const first = startOfList(state, EDGES);
    const end = startOfList(state + 1, EDGES);
    const own = end - first;
    // Where both are few, the order is that of the word's symbols.
    if (own > FEW || (own > 1 && own >= reading.symbols.length)) {
      for (const target of waysFrom(state, reading)) enter(target, from);
    } else {
      for (let at = first; at < end; at++) {
        const symbol = symbols[at] ?? 0;
        if ((reading.bits[symbol >>> 5] ?? 0) & (1 << (symbol & 31))) enter(targets[at] ?? 0, from);
      }
    }
  }

  function step(state: number, reading: Reading): void {
    const from = startBefore[state] ?? 0;
    if (reading.symbols.length > 0) follow(state, from, reading);
    const end = startOfList(state + 1, ANY);
    for (let at = startOfList(state, ANY); at < end; at++) enter(any[at] ?? 0, from);
  }

  /** What ends with the word that was read. */
  function addHits(hits: Hit[], to: number): void {
    for (let place = 0; place < count; place++) {
      const state = entered[place] ?? 0;
      isEntered[state] = 0;
      const end = startOfList(state + 1, OWNERS);
      for (let at = startOfList(state, OWNERS); at < end; at++)
        hits.push({ owner: owners[at] ?? 0, from: startOf[state] ?? 0, to });
    }
  }

  function readWord(reading: Reading, at: number): void {
    const before = count;
    const [was, wasFrom] = [active, startBefore];
    active = entered;
    startBefore = startOf;
    entered = was;
    startOf = wasFrom;
    count = 0;
    if (reading === END) return;
    for (let place = 0; place < before; place++) step(active[place] ?? 0, reading);
    for (const target of reading.begins) enter(target, at);
  }

  return {
    read,
    knows,
    vocabulary: new Set(ofWord.keys()),
    run(words) {
      const hits: Hit[] = [];
      steps = 0;
      count = 0;
      for (const [at, reading] of words.entries()) {
        readWord(reading, at);
        addHits(hits, at);
      }
      return { hits, steps };
    },
  };
}

/** Where the lists of a state begin: those of the next state begin where these end. */
const EDGES = 0;
const ALSO = 1;
const ANY = 2;
const OWNERS = 3;
const LISTS = 4;

/** The lists of all states, one behind the other, in four long ones: what belongs to a state lies together. */
function packed(states: readonly State[]) {
  const starts = new Int32Array((states.length + 1) * LISTS);
  const symbols: number[] = [];
  const targets: number[] = [];
  const also: number[] = [];
  const any: number[] = [];
  const owners: number[] = [];
  for (const [at, state] of states.entries()) {
    for (const [symbol, own] of state.edges)
      for (const target of own) {
        symbols.push(symbol);
        targets.push(target);
      }
    also.push(...state.also);
    any.push(...state.any);
    owners.push(...state.owners);
    starts.set([targets.length, also.length, any.length, owners.length], (at + 1) * LISTS);
  }
  return {
    starts,
    symbols: Int32Array.from(symbols),
    targets: Int32Array.from(targets),
    also: Int32Array.from(also),
    any: Int32Array.from(any),
    owners: Int32Array.from(owners),
  };
}

function readerOf({ states, symbols: count, ofWord, ofBeginning }: Built) {
  const longest = Math.max(0, ...[...ofBeginning.keys()].map(({ length }) => length));
  const readings = new Map<string, Reading>([['', END]]);
  const root = states[0]?.edges;
  // Most have one edge, and are not asked about.
  const branching = new Map<number, State['edges']>();
  for (const [at, { edges }] of states.entries())
    if (edges.size > 1 || [...edges.values()].some(({ length }) => length > 1)) branching.set(at, edges);
  /** Of all readings together. */
  let ways = 0;

  /** The longest that the patterns know; all others that they know are beginnings of it. */
  function beginningOf(word: string): string {
    for (let length = Math.min(word.length, longest); length >= SHORTEST_BEGINNING; length--) {
      const beginning = word.slice(0, length);
      if (ofBeginning.has(beginning)) return beginning;
    }
    return '';
  }

  function symbolsOf(word: string, beginning: string): number[] {
    const found = [...(ofWord.get(word) ?? NONE)];
    for (let length = SHORTEST_BEGINNING; length <= beginning.length; length++)
      found.push(...(ofBeginning.get(beginning.slice(0, length)) ?? NONE));
    return [...new Set(found)];
  }

  function read(word: string): Reading {
    const beginning = beginningOf(word);
    // What the patterns name is remembered, and nothing else of what people write.
    const key = word === '' || ofWord.has(word) ? word : `${beginning}*`;
    const known = readings.get(key);
    if (known !== undefined) return known;
    const symbols = symbolsOf(word, beginning);
    const begins = symbols.flatMap((symbol) => root?.get(symbol) ?? NONE);
    const bits = new Uint32Array(symbols.length === 0 ? 0 : Math.ceil(count / 32));
    for (const symbol of symbols) bits[symbol >>> 5] = (bits[symbol >>> 5] ?? 0) | (1 << (symbol & 31));
    const made = { symbols, bits, begins: [...new Set(begins)], next: new Map() };
    readings.set(key, made);
    return made;
  }

  function waysFrom(state: number, reading: Reading): readonly number[] {
    const known = reading.next.get(state);
    if (known !== undefined) return known;
    if (ways >= MOST_WAYS) {
      for (const { next } of readings.values()) next.clear();
      ways = 0;
    }
    const made = targetsOf(branching.get(state) ?? new Map(), reading.symbols);
    reading.next.set(state, made);
    ways++;
    return made;
  }
  return { read, waysFrom, knows: (word: string) => ofWord.has(word) || beginningOf(word) !== '' };
}

/** Common words stand in hundreds of classes, and most states lead on by a few. */
function targetsOf(edges: State['edges'], symbols: readonly number[]): readonly number[] {
  if (edges.size >= symbols.length) return symbols.flatMap((symbol) => edges.get(symbol) ?? NONE);
  const has = new Set(symbols);
  return [...edges].flatMap(([symbol, targets]) => (has.has(symbol) ? targets : NONE));
}
