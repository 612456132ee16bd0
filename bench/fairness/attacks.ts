import { textsOf } from '../memory/texts.ts';

/** One call of an attack. */
export interface AttackCall {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One account's attack: so many calls at once, each followed by the next. */
export interface Attack {
  readonly atOnce: number;
  call(n: number): AttackCall;
}

export const DIMENSIONS = 2_048;
/** The largest collection that is compared whole when embeddings are short. */
export const ITEMS = 2_000;
/** Sessions of each attacking member, of 30 messages. */
export const SESSIONS = 8;
const BATCH = 20;

const questionOf = (n: number) => (textsOf(n % SESSIONS)[n % 30] ?? '').slice(0, 900);
const relevant = (n: number) =>
  `/v1/context/relevant?query=${encodeURIComponent(questionOf(n))}&budget_tokens=100000`;

const recall = (n: number) => ({
  jsonrpc: '2.0',
  id: n,
  method: 'tools/call',
  params: { name: 'recall', arguments: { query: questionOf(n), budget_tokens: 100_000 } },
});

export const numbersOf = (seed: number) =>
  Array.from({ length: DIMENSIONS }, (_, n) => Number(Math.sin(seed * 7 + n * (1 + (seed % 13))).toFixed(3)));

export const ATTACKS: Readonly<Record<string, Attack>> = {
  reads: { atOnce: 300, call: () => ({ method: 'GET', path: '/v1/sessions?limit=20' }) },
  questions: { atOnce: 100, call: (n) => ({ method: 'GET', path: relevant(n) }) },
  recalls: {
    atOnce: 4,
    call: (n) => ({
      method: 'POST',
      path: '/v1/mcp',
      headers: { 'mcp-protocol-version': '2025-03-26' },
      body: Array.from({ length: BATCH }, (_, place) => recall(n * BATCH + place)),
    }),
  },
  vectors: {
    atOnce: 32,
    call: (n) => ({
      method: 'POST',
      path: '/v1/storage/vectors/search',
      body: { embedding: numbersOf(n % 16), top_k: 100 },
    }),
  },
  messages: {
    atOnce: 8,
    call: (n) => ({
      method: 'POST',
      path: '/v1/sessions',
      body: { client_id: `s${n % 20}`, title: 'An attack', started_at: null },
    }),
  },
};
