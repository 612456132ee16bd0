import type { Chance } from '../../test/faults/chance.ts';
import { makePeople } from '../customers.ts';
import { Person } from './person.ts';
import type { Scenario } from './run.ts';

/** Seconds that people take, on average: to find their way, to write, to read. */
const TO_LOOK = 3;
const TO_WRITE = 12;
const TO_READ = 8;

/** People at Prism. */
export const prism: Scenario = {
  arrival: 30,
  between: 20,
  async people(settings, count) {
    const signIns = await makePeople(settings, count, 'prism.prism_plus');
    return signIns.map((signIn) => (parts) => visit(new Person(parts, signIn), parts.chance));
  },
};

/** What a person does who opens the app, from signing in to leaving. An aborted visit stops where it is. */
async function visit(person: Person, chance: Chance): Promise<void> {
  if (!(await person.signsIn())) return;
  await person.thinks(TO_LOOK);
  if (chance.happens(0.4)) await turnsAThought(person, chance);
  if (chance.happens(0.8)) await talks(person, chance);
  await person.leaves();
}

async function turnsAThought(person: Person, chance: Chance): Promise<void> {
  await person.thinks(TO_WRITE);
  if (person.isCalledAway) return;
  const turn = await person.turns(chance.pick(THOUGHTS));
  await person.thinks(TO_READ);
  if (turn !== undefined && chance.happens(0.5)) await person.rates(turn, chance.happens(0.7));
}

async function talks(person: Person, chance: Chance): Promise<void> {
  const session = await person.opensSession();
  if (session === undefined) return;
  for (let left = chance.between(2, 6); left > 0 && !person.isCalledAway; left -= 1) {
    await person.thinks(TO_WRITE);
    if (person.isCalledAway) return;
    const words = chance.pick(WORDS);
    if (chance.happens(0.1)) await person.hangsUpOn(session, words);
    else if (chance.happens(0.7)) await person.listens(session, words);
    else await person.asks(session, words);
    await person.thinks(TO_READ);
  }
  await person.reads(session);
  if (chance.happens(0.5)) await person.closes(session);
}

const THOUGHTS = [
  'I always ruin everything at work.',
  'Everybody else has their life in order, and I do not.',
  'If I say no this time they will never ask me again.',
  'I should have finished this a week ago.',
] as const;

const WORDS = [
  'I am torn about the move to Lisbon, and I miss my garden already.',
  'My sister called today. We talked about our mother for the first time in months, and it went better than I had feared.',
  'Work was long again. I said yes to one more thing although I had promised myself that I would not.',
  'I slept well, for once. I do not know why, but I would like to keep it.',
  'I keep thinking about what he said on Friday, and what I could have answered.',
] as const;
