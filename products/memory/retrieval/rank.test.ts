import { describe, expect, test } from 'vitest';
import { countTokens } from '#platform/texts';
import { turnsOf } from '../testing/turns.ts';
import { lineOf, packTurns, rankTurns, readQuestion, termsOf, type Turn } from './index.ts';

const now = new Date('2024-06-15T12:00:00Z');
const SPEAKERS = ['Ana', 'Ben'];

/** A session of lines `Ana: text`, on a day. */
function session(name: string, day: string, ...lines: string[]): Turn[] {
  return lines.map((line, seq) => {
    const [speaker = '', text = ''] = line.split(': ');
    return { id: `${name}${seq}`, session: name, seq, speaker, text, saidAt: new Date(`${day}T09:00:00Z`) };
  });
}

function ask(asked: string, turns: readonly Turn[]) {
  const question = readQuestion(asked, { speakers: SPEAKERS, now, near: () => [] });
  const terms = turns.map(({ text }) => termsOf(text));
  const frequencies = new Map(
    question.terms.map((term) => [term, terms.filter((of) => of.has(term)).length]),
  );
  return rankTurns(question, turns, { turns: 1_000, averageLength: 6, frequencies });
}
const idsOf = (asked: string, ...sessions: Turn[][]) =>
  ask(asked, sessions.flat()).map(({ turn }) => turn.id);

describe('a turn comes first', () => {
  test('that has more of the words', () => {
    const turns = session(
      'a',
      '2024-01-01',
      'Ana: the kiln is red',
      'Ben: hm',
      'Ben: hm',
      'Ana: the kiln glaze is red',
    );
    expect(idsOf('kiln glaze', turns)[0]).toBe('a3');
  });

  test('of the one whom the question names, and others stay in', () => {
    const turns = session('a', '2024-01-01', 'Ben: my bike', 'Ben: x', 'Ana: y', 'Ana: z', 'Ana: my bike');
    expect(idsOf("Ana's bike", turns)[0]).toBe('a4');
    expect(idsOf("Ana's bike", turns)).toContain('a0');
  });

  test('that was said on the day, or speaks of it', () => {
    const one = session('a', '2024-03-01', 'Ana: the oven broke');
    const other = session('b', '2024-03-08', 'Ana: the oven broke');
    const third = session('c', '2024-04-20', 'Ana: the oven broke on March 8, 2024');
    expect(idsOf('oven on 8 March 2024', one, other)[0]).toBe('b0');
    expect(idsOf('oven on 8 March 2024', one, third)[0]).toBe('c0');
  });

  test('that says a time, where a time is asked for', () => {
    const turns = session(
      'a',
      '2024-01-01',
      'Ana: we moved house',
      'Ben: x',
      'Ana: y',
      'Ben: z',
      'Ana: we moved yesterday',
    );
    expect(idsOf('When did you move?', turns)[0]).toBe('a4');
  });

  test('that answers, rather than the one that asks', () => {
    const turns = session(
      'a',
      '2024-01-01',
      'Ben: How was the recital?',
      'Ana: She played without a fault.',
      'Ben: oh',
    );
    expect(idsOf('recital fault', turns)[0]).toBe('a1');
    expect(idsOf('recital', turns)).toContain('a1');
  });

  test('whose session is about the question', () => {
    const one = session(
      'a',
      '2024-01-01',
      'Ana: the boat leaks',
      'Ben: x',
      'Ben: y',
      'Ben: z',
      'Ana: the sail and the mast',
    );
    const other = session('b', '2024-02-01', 'Ana: the boat leaks');
    expect(idsOf('boat sail mast', other, one).indexOf('a0')).toBeLessThan(
      idsOf('boat sail mast', other, one).indexOf('b0'),
    );
  });
});

test('a turn says why it is there', () => {
  const turns = session(
    'a',
    '2024-03-08',
    'Ben: How is the kiln?',
    'Ana: The glaze cracked.',
    'Ben: x',
    'Ben: y',
    'Ben: shelf',
  );
  const found = ask('What did Ana say of kiln, glaze and shelf on 8 March 2024?', turns);
  expect(found.find(({ turn }) => turn.id === 'a1')?.why).toEqual([
    { kind: 'words', words: ['glaze'] },
    { kind: 'neighbour', words: ['kiln'] },
    { kind: 'session', words: ['shelf'] },
    { kind: 'speaker', speaker: 'Ana' },
    { kind: 'date', day: '2024-03-08' },
  ]);
});

test('what has nothing of the question is not found', () => {
  expect(idsOf('kiln', session('a', '2024-01-01', 'Ana: hello'))).toEqual([]);
  expect(idsOf('', session('a', '2024-01-01', 'Ana: hello'))).toEqual([]);
});

describe('a budget', () => {
  const turns = session(
    'a',
    '2024-01-01',
    'Ana: before',
    `Ana: the kiln ${'is very hot today '.repeat(40)}`,
    'Ben: after',
    'Ben: x',
    'Ben: the kiln',
  );
  const ranked = ask('kiln', turns);
  const beside = ({ seq }: Turn) => turns.filter((turn) => Math.abs(turn.seq - seq) === 1);

  test('is never passed, and no turn is cut', async () => {
    for (const budget of [0, 1, 20, 40, 100, 300]) {
      const packed = await packTurns(ranked, { budget }, beside);
      expect(packed.reduce((sum, { tokens }) => sum + tokens, 0)).toBeLessThanOrEqual(budget);
      for (const { turn, tokens } of packed) {
        expect(turns).toContain(turn);
        expect(tokens).toBe(countTokens(lineOf(turn)));
      }
    }
  });

  test('that is too small for one turn goes to the next that fits', async () => {
    const packed = await packTurns(ranked, { budget: 20 }, () => []);
    expect(packed.map(({ turn }) => turn.id)).toContain('a4');
  });

  test('has each turn once, and one that stands beside another says so', async () => {
    const packed = await packTurns(ranked.slice(0, 1), { budget: 1_000 }, beside);
    expect(packed.map(({ turn, beside: of }) => [turn.id, of])).toEqual([
      [ranked[0]?.turn.id, undefined],
      ...ranked
        .slice(0, 1)
        .flatMap(({ turn }) => beside(turn))
        .map(({ id }) => [id, ranked[0]?.turn.id]),
    ]);
    const all = (await packTurns(ranked, { budget: 1_000 }, beside)).map(({ turn }) => turn.id);
    expect(new Set(all).size).toBe(all.length);
  });

  test('is filled best first, and a neighbour that was not found itself stands behind its turn', async () => {
    // Each neighbour of the best turn was found too, by a lower score.
    const all = [...turns].map((turn, index) => ({ turn, score: 10 - index, why: [] }));
    const found = all.filter(({ turn }) => turn.id !== all[1]?.turn.id);
    const packed = await packTurns(found, { budget: 10_000 }, (turn) => beside(turn).toReversed());
    expect(packed.map(({ turn }) => turn.id)).toEqual(all.map(({ turn }) => turn.id));
    const scores = packed.filter(({ beside: of }) => of === undefined).map(({ score }) => score);
    expect(scores).toEqual(scores.toSorted((one, other) => other - one));
    expect(packed[1]).toMatchObject({ score: 0, beside: all[0]?.turn.id });
  });

  test('is filled while others go on', async () => {
    const [long] = session('c', '2024-03-02', `Ana: ${'a heron waits '.repeat(12_000)}`);
    const found = long === undefined ? [] : [{ turn: long, score: 1, why: [] }];
    const pack = async () => expect(await packTurns(found, { budget: 100_000 }, () => [])).toHaveLength(1);
    expect(await turnsOf(pack)).toBeGreaterThanOrEqual(2);
  });
});
