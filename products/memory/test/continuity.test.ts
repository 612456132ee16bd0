import { expect, test } from 'vitest';
import { isThorough } from '@plinth/testkit/thorough';
import { openMemory } from './fixture.ts';

const memory = await openMemory();
const SYLLABLES = 'ba ke lo mi nu ra ti vo sa der kon pla mon tel'.split(' ');
/** Words that no stemmer changes, each of which stands in many turns. */
const WORDS = SYLLABLES.flatMap((one) => SYLLABLES.map((other) => `${one}${other}k`));
const TURNS = 8;

/** A few of the words, drawn by the turn's number. */
function textOf(session: number, turn: number): string {
  let state = session * 1_000 + turn * 17 + 1;
  const word = () => {
    state = (state * 48_271) % 2_147_483_647;
    return WORDS[state % WORDS.length] ?? '';
  };
  return Array.from({ length: 9 }, word).join(' ');
}

// By day every fourth of 30 and every seventh of 60: all of them take half a minute.
test('over 10, 30 and 60 sessions of the same few words each turn is found by its own', async () => {
  const ada = await memory.rememberer();
  let made = 0;
  for (const [sessions, step] of [
    [10, 1],
    [30, 4],
    [60, 7],
  ] as const) {
    for (; made < sessions; made += 1) {
      const texts = Array.from({ length: TURNS }, (_, turn) => textOf(made, turn));
      await ada.say(await ada.session(`s${made}`), ...texts.map((text, n) => ({ client_id: `${n}`, text })));
    }
    const missed: string[] = [];
    for (let turn = 0; turn < sessions * TURNS; turn += isThorough ? 1 : step) {
      const text = textOf(Math.floor(turn / TURNS), turn % TURNS);
      const turns = await memory.coditect.context.relevant(ada, { query: text, budget: 600 });
      if (!turns.some((found) => found.turn.text === text)) missed.push(text);
    }
    expect({ sessions, missed }).toEqual({ sessions, missed: [] });
  }
});
