import { sha256 } from '#platform/kernel';
import { textsOf } from '../memory/texts.ts';

/** One call of an attack. */
export interface AttackCall {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** As JSON where it is no text already. */
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

export const blobOf = (bytes: Buffer) => ({ blob: bytes.toString('base64'), checksum: sha256(bytes) });
export const BLOB = blobOf(Buffer.from('bench'));

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

/** Bodies of 2 MB: what an account stores, and what it is refused for 98,000 faults. */
const largeBodies = {
  stored: madeOnce((value) => value),
  refused: madeOnce(String),
};
function madeOnce(shown: (value: number) => unknown): () => string {
  let made: string | undefined;
  const embedding = (seed: number) => numbersOf(seed).map((value, n) => shown(value + Math.sin(n) / 1_000));
  const vectors = () =>
    Array.from({ length: 48 }, (_, n) => ({ id: `large${n}`, ...BLOB, embedding: embedding(n) }));
  return () => (made ??= JSON.stringify({ vectors: vectors() }));
}
const upsert = (body: string): AttackCall => ({ method: 'POST', path: '/v1/storage/vectors/upsert', body });

/** The largest answer: blobs of 64 KiB, 8.7 MB in base64. */
export const LARGE_BLOBS = Array.from({ length: 100 }, (_, n) => `blob${n}`);

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
  upserts: { atOnce: 20, call: () => upsert(largeBodies.stored()) },
  refused: { atOnce: 20, call: () => upsert(largeBodies.refused()) },
  blobs: {
    atOnce: 20,
    call: () => ({ method: 'POST', path: '/v1/storage/vectors/read', body: { ids: LARGE_BLOBS } }),
  },
};
