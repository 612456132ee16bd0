import { makeColleagues } from '../customers.ts';
import { rarestWordsOf, textsOf } from '../memory/texts.ts';
import { type PersonParts, think } from './person.ts';
import type { Scenario } from './run.ts';

/** Seconds between two exchanges of a person and their tool, on average. */
const BETWEEN_EXCHANGES = 20;
const EXCHANGES = 6;
const SAID_AT_ONCE = 5;

/**
 * People of one organization whose tools remember: a session each every six minutes or less, which is a thousand an hour of a hundred
 * people. Every second one is shown to all.
 */
export const memory: Scenario = {
  arrival: 60,
  between: 200,
  async people(settings, count) {
    const keys = await makeColleagues(settings, count, 'coditect.enterprise');
    return keys.map((key, n) => {
      let sessions = 0;
      return (parts) => {
        sessions += 1;
        return sit(parts, { key, number: n + sessions * count, before: n + (sessions - 1) * count });
      };
    });
  },
};

interface Sitting {
  readonly key: string;
  readonly number: number;
  /** The session of the person before this one. */
  readonly before: number;
}

/** What a tool calls from the beginning of a session to its export. A person who is called away stops where they are. */
async function sit(parts: PersonParts, { key, number, before }: Sitting): Promise<void> {
  const { calls, address, chance, over } = parts;
  if (over.aborted) return;
  const call = (name: string, route: string, body?: object) =>
    calls.call({ address, token: key }, { name, route, body });
  const ask = (words: string) =>
    call('recall', `GET /v1/context/relevant?query=${encodeURIComponent(words)}&budget_tokens=2000`);
  const texts = textsOf(number, EXCHANGES * SAID_AT_ONCE);
  await call('load', 'GET /v1/context/load?budget_tokens=8000');
  await ask(rarestWordsOf(textsOf(before)[chance.between(0, 29)] ?? ''));
  const level = chance.happens(0.5) ? 'organization' : 'private';
  const { id } = await call('session', 'POST /v1/sessions', { client_id: `s${number}`, level });
  if (typeof id !== 'string') return;
  for (let n = 0; n < texts.length; n += SAID_AT_ONCE) {
    await think(parts, BETWEEN_EXCHANGES);
    if (over.aborted) return;
    const said = texts.slice(n, n + SAID_AT_ONCE).map((text, place) => ({
      client_id: `${n + place}`,
      role: place === 0 ? 'user' : 'assistant',
      text: place === 0 ? `In src/part-${number % 50}.ts: ${text}` : text,
    }));
    await call('messages, five', `POST /v1/sessions/${id}/messages`, { messages: said });
    if (chance.happens(0.5)) await ask(rarestWordsOf(texts[chance.between(0, n)] ?? ''));
  }
  if (chance.happens(0.3)) await decide(call, id, level);
  if (chance.happens(0.3)) await call('graph', `GET /v1/graph/query?file=src/part-${number % 50}.ts&depth=2`);
  if (chance.happens(0.1)) await call('patterns', 'POST /v1/patterns/extract', {});
  await call('list', 'GET /v1/sessions');
  await call('export', `POST /v1/sessions/${id}/export`, {});
}

type Ask = (name: string, route: string, body?: object) => Promise<Readonly<Record<string, unknown>>>;

async function decide(call: Ask, session: string, level: string): Promise<void> {
  const texts = { title: 'Read it once', context: 'It took an hour.', rationale: 'A map is enough.' };
  const { id } = await call('decision', 'POST /v1/decisions', { client_id: session, level, ...texts });
  if (typeof id !== 'string') return;
  const link = { type: 'drawn_from', session_id: session };
  await call('link', `POST /v1/decisions/${id}/links`, link);
}
