import { vi } from 'vitest';
import { statement } from '#platform/db';
import type { Worker } from '#platform/jobs';
import { type Customer, type Reply, type TestApp, testApp, type TestAppOptions } from '../services/app.ts';
import { type Followed, follow } from './following.ts';

/** A generation as it is answered. */
export interface Generation {
  readonly id: string;
  readonly draft_id: string;
  readonly mode: string;
  readonly target?: string;
  readonly status: string;
  readonly progress: { readonly done: number; readonly total: number };
  readonly variants: readonly Variant[];
  readonly error?: { readonly code: string };
}

export interface Variant {
  readonly id: string;
  readonly hook: string;
  readonly body: string;
  readonly cta: string;
  readonly hashtags: readonly string[];
  readonly over_length: boolean;
}

/** What a creator does, by the calls of Reel. */
export interface Creator {
  readonly by: Customer;
  /** POST /v1/create, with a key of its own when none is named. */
  create(more?: object, key?: string): Promise<Reply>;
  regenerate(body: object, key?: string): Promise<Reply>;
  cancel(id: string, headers?: Record<string, string>): Promise<Reply>;
  read(id: string): Promise<Generation>;
  /** Waits for the end of a generation. */
  ended(id: string): Promise<Generation>;
  /** Asks for a post that must be accepted, and answers its generation's id. */
  asked(more?: object): Promise<string>;
  /** Asks for a regeneration that must be accepted, and answers its generation's id. */
  started(body: object): Promise<string>;
  /** A draft with variants, the first of them selected. */
  draft(more?: object): Promise<Generation>;
  /** Follows a generation as a stream of events. */
  follow(id: string, how?: { lastEventId?: string; url?: string }): Promise<Followed>;
  /** What is used of each limit of Reel. */
  used(): Promise<Record<string, number>>;
}

/** The whole app, and creators who use it. */
export interface ReelFixture extends TestApp {
  creator(...plans: readonly string[]): Promise<Creator>;
  /** Starts to have jobs done, where the app does not yet. */
  work(): Worker;
  /** How many rows of an account there are: `reel.variants`, with a further condition if any. */
  count(by: Customer, table: string, condition?: string): Promise<number>;
}

let keys = 0;
const nextKey = () => `key-${(keys += 1)}`;
const SOON = { timeout: 120_000, interval: 10 };

export async function reelFixture(options: TestAppOptions = {}): Promise<ReelFixture> {
  const app = await testApp(options);
  return {
    ...app,
    work: () => app.app.modules.jobs.work(),
    creator: async (...plans) => creatorOf(app, await app.customer(...plans)),
    async count(by, table, condition = 'true') {
      const [row] = await app.db.asMigrator(
        statement<{ n: number }>(
          `select count(*)::int as n from ${table} where account_id = $1 and ${condition}`,
          [by.accountId],
        ),
      );
      return row?.n ?? -1;
    },
  };
}

/** The same creator at another process. */
export function creatorOf(app: TestApp, by: Customer): Creator {
  const post = (path: string, body: object, key: string) =>
    app.call(by.key, `POST ${path}`, { headers: { 'idempotency-key': key }, body });
  const read = async (path: string) =>
    (await app.call(by.key, `GET /v1/generations/${path}`)).body as unknown as Generation;
  const creator: Creator = {
    by,
    create: (more = {}, key = nextKey()) =>
      post('/v1/create', { platform: 'linkedin', topic: 'Why small teams ship faster', ...more }, key),
    regenerate: (body, key = nextKey()) => post('/v1/regenerate', body, key),
    cancel: (id, headers = {}) => app.call(by.key, `POST /v1/generations/${id}/cancel`, { headers }),
    read,
    ended: (id) => read(`${id}?wait=30`),
    asked: async (more) => acceptedOf(await creator.create(more)),
    started: async (body) => acceptedOf(await creator.regenerate(body)),
    async draft(more) {
      const generation = await creator.ended(await creator.asked(more));
      await select(app, by, generation);
      return generation;
    },
    follow: (id, { lastEventId, url = app.url } = {}) =>
      follow(`${url}/v1/generations/${id}`, { key: by.key, lastEventId }),
    async used() {
      const { body } = await app.call(by.key, 'GET /v1/usage');
      const limits = body['data'] as { product: string; limit: string; used: number }[];
      return Object.fromEntries(
        limits.filter(({ product }) => product === 'reel').map(({ limit, used }) => [limit, used]),
      );
    },
  };
  return creator;
}

function acceptedOf({ status, body }: Reply): string {
  if (status !== 202) throw new Error(`it was refused: ${JSON.stringify(body)}`);
  return String(body['generation_id']);
}

async function select(app: TestApp, by: Customer, { draft_id: draft, variants }: Generation): Promise<void> {
  await app.db.asMigrator(
    statement('update reel.drafts set selected_variant_id = $3 where account_id = $1 and id = $2', [
      by.accountId,
      draft,
      variants[0]?.id,
    ]),
  );
}

/** Waits until something holds, looking again and again; it then does so by itself. */
export async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  await vi.waitUntil(holds, SOON);
}

/** The code and the details of a refusal. */
export function refusalOf({ status, body }: Reply): {
  status: number;
  code: string;
  details: Record<string, unknown>;
} {
  const { code, details = {} } = body['error'] as { code: string; details?: Record<string, unknown> };
  return { status, code, details };
}
