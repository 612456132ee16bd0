import { withoutSecret } from '../parts/secrets.ts';
import type { Api } from '../session.ts';

/** What an id stands for. */
export interface Found {
  readonly kind: 'account' | 'call' | 'job' | 'key' | 'licence' | 'permit';
  readonly id: string;
  /** What tells it from others of its kind. */
  readonly name: string;
  /** What is known of it, as the API says it. */
  readonly facts: Readonly<Record<string, unknown>>;
}

const ID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;
const KEY = 'pl_';
/** Whether it may be looked for: an id, or the beginning of a key. */
export const isId = (text: string): boolean => ID.test(text) || text.startsWith(KEY);

/** Each kind with the call that reads one by its id. */
const CALLS = {
  call: 'GET /v1/usage/events/{id}',
  permit: 'GET /v1/permits/{id}',
  job: 'GET /v1/jobs/{id}',
  licence: 'GET /v1/licenses/{id}',
} as const;

/** All that an id, or the beginning of a key, stands for in an account. */
export async function find(api: Api, text: string): Promise<Found[]> {
  if (text.startsWith(KEY)) {
    const { data } = await api.call('GET /v1/api-keys', { query: { limit: 100 } });
    const isMeant = ({ prefix }: (typeof data)[number]) =>
      text.startsWith(prefix) || prefix.startsWith(withoutSecret(text));
    return data.filter(isMeant).map((facts) => ({ kind: 'key', id: facts.id, name: facts.name, facts }));
  }
  const byId = Object.entries(CALLS).map(async ([kind, route]): Promise<Found> => {
    const facts = await api.call(route as (typeof CALLS)['job'], { params: { id: text } });
    return { kind: kind as keyof typeof CALLS, id: text, ...named(facts) };
  });
  const calls = (['request_id', 'permit_id'] as const).map((by) => callsOf(api, { [by]: text }));
  // Ids of another kind, or of another account: both are 404.
  const answers = await Promise.allSettled([...byId, ...calls]);
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
}

/** A page of the ledger looks through some thousand rows. */
const PAGES = 10;

async function callsOf(
  api: Api,
  by: { readonly request_id?: string; readonly permit_id?: string },
): Promise<Found[]> {
  let cursor: string | undefined;
  for (let page = 0; page < PAGES; page += 1) {
    const query = { ...by, limit: 5, ...(cursor === undefined ? {} : { cursor }) };
    const { events, next_cursor: next } = await api.call('GET /v1/usage', { query });
    if (events.length > 0 || next === null)
      return events.map((one): Found => ({ kind: 'call', id: one.id, ...named(one) }));
    cursor = next;
  }
  return [];
}

function named(answer: object): Pick<Found, 'facts' | 'name'> {
  const facts: Found['facts'] = { ...answer };
  const names = ['feature', 'kind', 'tier', 'id'].map((name) => facts[name]);
  return { facts, name: names.find((name) => typeof name === 'string') ?? '' };
}
