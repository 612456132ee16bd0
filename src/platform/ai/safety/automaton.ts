/** One of these words; one that ends in `*` is a beginning. Phrases of several words stand beside them. */
export interface Choice {
  readonly words: readonly string[];
  readonly phrases: readonly (readonly Step[])[];
}

/** One way through a pattern, step by step. */
export type Step =
  | { readonly choice: Choice; readonly optional: boolean }
  /** Up to so many words, whichever. */
  | { readonly upTo: number };

/** A pattern that was found: whose, and from which word to which. */
export interface Hit {
  readonly owner: number;
  readonly from: number;
  readonly to: number;
}

interface State {
  edges: Map<number, number[]>;
  /** Entered with any word. */
  any: number[];
  /** Entered together with this one. */
  also: number[];
  owners: number[];
}

export interface Automaton {
  /** All hits, in the order of their ends; an empty word ends what is under way. */
  run(words: readonly string[]): { readonly hits: readonly Hit[]; readonly steps: number };
  /** Whether some pattern names the word. */
  knows(word: string): boolean;
  readonly vocabulary: ReadonlySet<string>;
}

const SHORTEST_BEGINNING = 3;
/** Words whose meaning to the rules is remembered: some 2 MB. */
const MOST_KEPT = 20_000;
/** From so many states to others by a word, which are remembered too: common words stand in hundreds of classes. */
const MOST_WAYS = 200_000;
/** Fewer than these are faster looked up than remembered. */
const FEW = 4;

/**
 * All patterns of all languages as one automaton, which reads a text once: each word costs at most as many steps as there are states,
 * whatever stands in the text, so that no text makes it slow.
 */
export function createAutomaton(
  patterns: readonly { readonly owner: number; readonly steps: readonly Step[] }[],
): Automaton {
  const states: State[] = [newState()];
  const shared = new Map<string, number>();
  const symbols = new Map<string, number>();
  const texts = new Map<Choice, string>();
  const ofWord = new Map<string, number[]>();
  const ofBeginning = new Map<string, number[]>();

  function newStateAt(): number {
    states.push(newState());
    return states.length - 1;
  }

  const ofChoice = new Map<Choice, number>();
  function symbolOf(choice: Choice): number {
    const known = ofChoice.get(choice);
    if (known !== undefined) return known;
    const made = newSymbol(choice.words);
    ofChoice.set(choice, made);
    return made;
  }

  function newSymbol(words: readonly string[]): number {
    const key = [...words].sort().join('|');
    const known = symbols.get(key);
    if (known !== undefined) return known;
    const made = symbols.size;
    symbols.set(key, made);
    for (const word of words) {
      const [into, name] = word.endsWith('*') ? [ofBeginning, word.slice(0, -1)] : [ofWord, word];
      const others = into.get(name);
      if (others === undefined) into.set(name, [made]);
      else others.push(made);
    }
    return made;
  }

  /** Alike choices have one name. A class is thousands of letters and stands in hundreds of patterns: it is written out once. */
  const names = new Map<string, string>();
  function nameOf(choice: Choice): string {
    const known = texts.get(choice);
    if (known !== undefined) return known;
    const phrases = choice.phrases.map((steps) => steps.map(nameOfStep).join(' '));
    const text = `${choice.words.join('|')}/${phrases.join('|')}`;
    const name = names.get(text) ?? String(names.size);
    names.set(text, name);
    texts.set(choice, name);
    return name;
  }

  function nameOfStep(step: Step): string {
    return 'upTo' in step ? `~${step.upTo}` : `${nameOf(step.choice)}${step.optional ? '?' : ''}`;
  }

  /** Patterns that begin alike share the states of their beginning. */
  function stateFor(key: string, make: (made: number) => void): number {
    const known = shared.get(key);
    if (known !== undefined) return known;
    const made = newStateAt();
    shared.set(key, made);
    make(made);
    return made;
  }

  function after(step: Step, froms: readonly number[]): number[] {
    const path = froms.join(',');
    if ('upTo' in step) return [...froms, ...gap(step.upTo, froms)];
    const { choice, optional } = step;
    const { words, phrases } = choice;
    const target = stateFor(`${path} ${nameOf(choice)}`, (made) => {
      const symbol = words.length > 0 ? symbolOf(choice) : undefined;
      if (symbol !== undefined) for (const from of froms) link(from, symbol, made);
      for (const phrase of phrases) {
        const ends = phrase.reduce<number[]>((at, inner) => after(inner, at), [...froms]);
        for (const end of ends) {
          const state = states[end];
          if (state !== undefined) state.also = grown(state.also, made);
        }
      }
    });
    return optional ? [...froms, target] : [target];
  }

  function gap(upTo: number, froms: readonly number[]): number[] {
    const passed: number[] = [];
    let last = [...froms];
    for (let count = 1; count <= upTo; count++) {
      const made = stateFor(`${last.join(',')} any`, (fresh) => {
        for (const from of last) {
          const state = states[from];
          if (state !== undefined) state.any = grown(state.any, fresh);
        }
      });
      passed.push(made);
      last = [made];
    }
    return passed;
  }

  function link(from: number, symbol: number, to: number): void {
    const state = states[from];
    if (state === undefined) return;
    if (state.edges === NO_EDGES) state.edges = new Map();
    state.edges.set(symbol, grown(state.edges.get(symbol) ?? NONE, to));
  }

  for (const { owner, steps } of patterns) {
    for (const end of steps.reduce<number[]>((froms, step) => after(step, froms), [0])) {
      const state = states[end];
      if (end !== 0 && state !== undefined && !state.owners.includes(owner))
        state.owners = grown(state.owners, owner);
    }
  }
  return running({ states, ofWord, ofBeginning });
}

/** There are tens of thousands of states, and most lead on in one way: what is empty is one and the same. */
const NONE: number[] = [];
const NO_EDGES: State['edges'] = new Map();

function newState(): State {
  return { edges: NO_EDGES, any: NONE, also: NONE, owners: NONE };
}

function grown(list: number[], one: number): number[] {
  if (list === NONE) return [one];
  list.push(one);
  return list;
}

/** What a word is to the rules. */
interface Reading {
  readonly symbols: readonly number[];
  readonly has: ReadonlySet<number>;
  /** Where it leads to from states that have been asked about. */
  readonly next: Map<number, readonly number[]>;
  /** The states that it leads to by itself. */
  readonly begins: readonly number[];
}

interface Built {
  readonly states: readonly State[];
  readonly ofWord: ReadonlyMap<string, readonly number[]>;
  readonly ofBeginning: ReadonlyMap<string, readonly number[]>;
}

function running({ states, ofWord, ofBeginning }: Built): Automaton {
  const longest = Math.max(0, ...[...ofBeginning.keys()].map(({ length }) => length));

  function symbolsIn(word: string): readonly number[] {
    const whole = ofWord.get(word) ?? [];
    if (word.length < SHORTEST_BEGINNING) return whole;
    let found = whole;
    for (let length = SHORTEST_BEGINNING; length <= Math.min(word.length, longest); length++) {
      const more = ofBeginning.get(word.slice(0, length));
      if (more !== undefined) found = [...found, ...more];
    }
    return found;
  }

  const kept = new Map<string, Reading>();
  /** Of all that are kept together. */
  let ways = 0;

  /** The same words come again and again. */
  function readingOf(word: string): Reading {
    const known = kept.get(word);
    if (known !== undefined) return known;
    if (kept.size >= MOST_KEPT || ways >= MOST_WAYS) {
      kept.clear();
      ways = 0;
    }
    const symbols = [...new Set(symbolsIn(word))];
    const edges = states[0]?.edges;
    const begins = symbols.flatMap((symbol) => edges?.get(symbol) ?? []);
    const made = { symbols, has: new Set(symbols), next: new Map(), begins: [...new Set(begins)] };
    kept.set(word, made);
    return made;
  }

  function waysFrom(state: number, edges: State['edges'], reading: Reading): readonly number[] {
    if (edges.size <= FEW || reading.symbols.length <= FEW) return targetsOf(edges, reading);
    const known = reading.next.get(state);
    if (known !== undefined) return known;
    const made = targetsOf(edges, reading);
    reading.next.set(state, made);
    ways++;
    return made;
  }

  // Made once: a text is read in one go, and each word of each text has a stamp of its own.
  const enteredAt = new Float64Array(states.length);
  const startOf = new Int32Array(states.length);
  let stamp = 0;

  return {
    vocabulary: new Set(ofWord.keys()),
    knows: (word) => readingOf(word).symbols.length > 0,
    run(words) {
      const hits: Hit[] = [];
      let steps = 0;
      let active: number[] = [];
      let entered: number[] = [];

      function enter(state: number, from: number): void {
        steps++;
        if (enteredAt[state] === stamp) {
          // The longer way there is kept: what covers a hit must begin before it.
          if (from >= (startOf[state] ?? 0)) return;
        } else {
          enteredAt[state] = stamp;
          entered.push(state);
        }
        startOf[state] = from;
        for (const also of states[state]?.also ?? []) enter(also, from);
      }

      function step(state: number, from: number, reading: Reading): void {
        const known = states[state];
        if (known === undefined) return;
        if (reading.symbols.length > 0 && known.edges.size > 0)
          for (const target of waysFrom(state, known.edges, reading)) enter(target, from);
        for (const target of known.any) enter(target, from);
      }

      for (const [at, word] of words.entries()) {
        if (word === '') {
          active = [];
          continue;
        }
        const reading = readingOf(word);
        const before = active.map((state) => startOf[state] ?? at);
        stamp++;
        entered = [];
        for (const [place, state] of active.entries()) step(state, before[place] ?? at, reading);
        for (const target of reading.begins) enter(target, at);
        active = entered;
        for (const state of active)
          for (const owner of states[state]?.owners ?? [])
            hits.push({ owner, from: startOf[state] ?? at, to: at });
      }
      return { hits, steps };
    },
  };
}

/** Common words stand in hundreds of classes, and most states lead on by a few. */
function targetsOf(edges: State['edges'], { symbols, has }: Reading): readonly number[] {
  let found: readonly number[] = NONE;
  if (edges.size < symbols.length) {
    for (const [symbol, next] of edges) if (has.has(symbol)) found = joined(found, next);
  } else {
    for (const symbol of symbols) {
      const next = edges.get(symbol);
      if (next !== undefined) found = joined(found, next);
    }
  }
  return found;
}

function joined(found: readonly number[], more: readonly number[]): readonly number[] {
  return found.length === 0 ? more : [...found, ...more];
}
