import { statement } from '#platform/db';
import type { Worker } from '#platform/jobs';
import { callsOf } from '@plinth/testkit/fixtures/calls';
import { passTheHour } from '@plinth/testkit/factories';
import {
  type Customer,
  type Reply,
  type TestApp,
  testApp,
  type TestAppOptions,
} from '@plinth/testkit/services/app';
import type { FollowedStream } from '@plinth/testkit/fixtures/follow';

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

/** Acts of a creator, by the calls of Reel. */
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
  follow(id: string, how?: { lastEventId?: string; url?: string }): Promise<FollowedStream>;
  /** Use of each limit of Reel. */
  used(): Promise<Record<string, number>>;
}

/** The whole app, and creators who use it. */
export interface ReelFixture extends TestApp {
  creator(...plans: readonly string[]): Promise<Creator>;
  /** Starts to have jobs done, where the app does not yet. */
  work(): Worker;
}

let keys = 0;
const nextKey = () => `key-${(keys += 1)}`;

export async function reelFixture(options: TestAppOptions = {}): Promise<ReelFixture> {
  const app = await testApp(options);
  await passTheHour(app.db);
  return {
    ...app,
    work: () => app.app.modules.jobs.work(),
    creator: async (...plans) => creatorOf(app, await app.customer(...plans)),
  };
}

/** The same creator at another process. */
export function creatorOf(app: TestApp, by: Customer): Creator {
  const calls = callsOf(app, by);
  const post = (path: string, body: object, key: string) =>
    calls.post(path, body, { 'idempotency-key': key });
  const read = async (path: string) =>
    (await calls.get(`/v1/generations/${path}`)).body as unknown as Generation;
  const creator: Creator = {
    by,
    create: (more = {}, key = nextKey()) =>
      post('/v1/create', { platform: 'linkedin', topic: 'Why small teams ship faster', ...more }, key),
    regenerate: (body, key = nextKey()) => post('/v1/regenerate', body, key),
    cancel: (id, headers) => calls.post(`/v1/generations/${id}/cancel`, undefined, headers),
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
      callsOf({ ...app, url }, by).follow(`/v1/generations/${id}`, { lastEventId }),
    used: () => calls.used('reel'),
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
