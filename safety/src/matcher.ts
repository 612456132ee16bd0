import { createBeginnings } from './beginnings.ts';

/** From which word to which, both among them. */
export interface Place {
  readonly from: number;
  readonly to: number;
}

/** A pattern that was found: whose, and where. */
export interface Hit extends Place {
  readonly owner: number;
}

export interface Automaton {
  /** What a word is to the patterns; an empty one ends what is under way. */
  read(word: string): WordSymbols;
  /** All hits, in the order of their ends. */
  run(words: readonly WordSymbols[]): { readonly hits: readonly Hit[]; readonly steps: number };
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
export interface WordSymbols {
  readonly symbols: readonly number[];
  /** The states that it leads to by itself. */
  readonly begins: readonly number[];
}

export interface Built {
  readonly states: readonly State[];
  readonly symbols: number;
  readonly ofWord: ReadonlyMap<string, readonly number[]>;
  readonly ofBeginning: ReadonlyMap<string, readonly number[]>;
}

const SHORTEST_BEGINNING = 3;

const NONE: readonly number[] = [];
/** Ends what is under way. */
const END: WordSymbols = { symbols: NONE, begins: NONE };

/** Reads texts by the states of an automaton. */
export function createMatcher(built: Built): Automaton {
  const { states, ofWord } = built;
  const { read, knows } = readerOf(built);
  const { starts, symbols, targets, also, any, owners, mostEdges } = packStates(states);
  const startOfList = (state: number, list: number) => starts[state * LISTS + list] ?? 0;

  // Made once: a text is read in one go, and leaves `isEntered` as it was.
  const isEntered = new Uint8Array(states.length);
  let entered = new Int32Array(states.length);
  let active = new Int32Array(states.length);
  let startOf = new Int32Array(states.length);
  let startBefore = new Int32Array(states.length);
  let count = 0;
  let steps = 0;
  /** Each symbol of the word that is read has its place among them here, counted from `firstMark`; all others have less. */
  const marks = new Int32Array(built.symbols);
  let firstMark = 1;
  let nextMark = 1;
  /** Edges of a state that the word has symbols of. */
  const matching = new Int32Array(Math.max(1, mostEdges));

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

  function follow(state: number, from: number, reading: WordSymbols): void {
    const first = startOfList(state, EDGES);
    const end = startOfList(state + 1, EDGES);
    let found = 0;
    for (let at = first; at < end; at++)
      if ((marks[symbols[at] ?? 0] ?? 0) >= firstMark) matching[found++] = at;
    if (found > 1 && end - first >= reading.symbols.length) sortMatching(found);
    for (let place = 0; place < found; place++) enter(targets[matching[place] ?? 0] ?? 0, from);
  }

  const markAt = (place: number) => marks[symbols[matching[place] ?? 0] ?? 0] ?? 0;

  /** In the order of the word's symbols. */
  function sortMatching(found: number): void {
    for (let place = 1; place < found; place++) {
      for (let at = place; at > 0 && markAt(at - 1) > markAt(at); at--) {
        const edge = matching[at] ?? 0;
        matching[at] = matching[at - 1] ?? 0;
        matching[at - 1] = edge;
      }
    }
  }

  function step(state: number, reading: WordSymbols): void {
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

  function readWord(reading: WordSymbols, at: number): void {
    const before = count;
    const [was, wasFrom] = [active, startBefore];
    active = entered;
    startBefore = startOf;
    entered = was;
    startOf = wasFrom;
    count = 0;
    if (reading === END) return;
    if (before > 0) {
      firstMark = nextMark;
      for (const symbol of reading.symbols) marks[symbol] = nextMark++;
    }
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
      nextMark = 1;
      marks.fill(0);
      for (let at = 0; at < words.length; at++) {
        readWord(words[at] ?? END, at);
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
function packStates(states: readonly State[]) {
  const starts = new Int32Array((states.length + 1) * LISTS);
  const symbols: number[] = [];
  const targets: number[] = [];
  const also: number[] = [];
  const any: number[] = [];
  const owners: number[] = [];
  let mostEdges = 0;
  for (const [at, state] of states.entries()) {
    for (const [symbol, own] of state.edges)
      for (const target of own) {
        symbols.push(symbol);
        targets.push(target);
      }
    mostEdges = Math.max(mostEdges, targets.length - (starts[at * LISTS + EDGES] ?? 0));
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
    mostEdges,
  };
}

function readerOf({ states, ofWord, ofBeginning }: Built) {
  const beginnings = createBeginnings(ofBeginning);
  const readings = new Map<string, WordSymbols>([['', END]]);
  const root = states[0]?.edges;

  /** How long the longest beginning is that the patterns know; all others that they know are beginnings of it. */
  function beginningOf(word: string): number {
    for (let length = beginnings.read(word); length >= SHORTEST_BEGINNING; length--)
      if (beginnings.valueOf(length) !== undefined) return length;
    return 0;
  }

  function symbolsOf(word: string, beginning: number): number[] {
    const found = [...(ofWord.get(word) ?? NONE)];
    for (let length = SHORTEST_BEGINNING; length <= beginning; length++)
      found.push(...(beginnings.valueOf(length) ?? NONE));
    return [...new Set(found)];
  }

  function read(word: string): WordSymbols {
    const beginning = beginningOf(word);
    // What the patterns name is remembered, and nothing else of what people write.
    const key = word === '' || ofWord.has(word) ? word : `${word.slice(0, beginning)}*`;
    const known = readings.get(key);
    if (known !== undefined) return known;
    const symbols = symbolsOf(word, beginning);
    const begins = symbols.flatMap((symbol) => root?.get(symbol) ?? NONE);
    const made = { symbols, begins: [...new Set(begins)] };
    readings.set(key, made);
    return made;
  }
  return { read, knows: (word: string) => ofWord.has(word) || beginningOf(word) > 0 };
}
