import { type Automaton, createMatcher, type State } from './matcher.ts';

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

/**
 * All patterns of all languages as one automaton, which reads a text once: each word costs at most as many steps as there are states,
 * on any text, so that no text makes it slow.
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

  function statesAfter(step: Step, froms: readonly number[]): number[] {
    const path = froms.join(',');
    if ('upTo' in step) return [...froms, ...gap(step.upTo, froms)];
    const { choice, optional } = step;
    const { words, phrases } = choice;
    const target = stateFor(`${path} ${nameOf(choice)}`, (made) => {
      const symbol = words.length > 0 ? symbolOf(choice) : undefined;
      if (symbol !== undefined) for (const from of froms) link(from, symbol, made);
      for (const phrase of phrases) {
        const ends = phrase.reduce<number[]>((at, inner) => statesAfter(inner, at), [...froms]);
        for (const end of ends) {
          const state = states[end];
          if (state !== undefined) state.also = append(state.also, made);
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
          if (state !== undefined) state.any = append(state.any, fresh);
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
    state.edges.set(symbol, append(state.edges.get(symbol) ?? NONE, to));
  }

  for (const { owner, steps } of patterns) {
    for (const end of steps.reduce<number[]>((froms, step) => statesAfter(step, froms), [0])) {
      const state = states[end];
      if (end !== 0 && state !== undefined && !state.owners.includes(owner))
        state.owners = append(state.owners, owner);
    }
  }
  return createMatcher({ states, symbols: symbols.size, ofWord, ofBeginning });
}

/** There are tens of thousands of states, and most lead on in one way: all empty lists are the same object. */
const NONE: number[] = [];
const NO_EDGES: State['edges'] = new Map();

function newState(): State {
  return { edges: NO_EDGES, any: NONE, also: NONE, owners: NONE };
}

function append(list: number[], one: number): number[] {
  if (list === NONE) return [one];
  list.push(one);
  return list;
}
