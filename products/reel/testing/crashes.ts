import { statement } from 'plinth/product';
import type { CrashTests, WalkClient } from 'plinth/testing';

/** A post, as far as its customer sees how it ended. */
export interface Generation {
  readonly id: string;
  readonly status: string;
  readonly variants: readonly unknown[];
  readonly progress: { readonly done: number; readonly total: number };
  readonly error?: { readonly code: string };
}

type Caller = Pick<WalkClient, 'call'>;

/** How many variants are asked for. */
export const VARIANTS = 2;
const POST = { platform: 'linkedin', topic: 'Why small teams ship faster', variants: VARIANTS };

/** Asks for a post, and answers where it will be read. */
export async function ask({ call }: Caller, key: string): Promise<string> {
  const accepted = await call('POST /v1/create', { body: POST, headers: { 'idempotency-key': key } });
  if (accepted.status !== 202) throw new Error(`a create was refused: ${JSON.stringify(accepted.body)}`);
  return String(accepted.body['status_url']);
}

/** Waits for the end of a post. */
export async function read({ call }: Caller, path: string): Promise<Generation> {
  for (;;) {
    const { status, body } = await call(`GET ${path}?wait=20`);
    if (status !== 200) throw new Error(`a generation could not be read: ${JSON.stringify(body)}`);
    const generation = body as unknown as Generation;
    if (generation.status !== 'queued' && generation.status !== 'running') return generation;
  }
}

/** Asks for a post and waits for its end; answers whether it has all that was asked for. */
export const create = async (client: Caller, key: string): Promise<string> =>
  endingOf(await read(client, await ask(client, key)));

/** Cancels it before anything comes of it, if it can. */
async function createAndCancel(client: Caller, key: string): Promise<string> {
  const path = await ask(client, key);
  await client.call(`POST ${path}/cancel`);
  return endingOf(await read(client, path));
}

function endingOf({ status, error, progress: { done, total } }: Generation): string {
  if (error !== undefined) return `failed: ${error.code}`;
  return status === 'completed' && done < total ? `completed with ${done} of ${total}` : status;
}

const COMPLETED = ['completed'];

/** Each generation, what was made of it, and whether its permit was settled. */
const generations = statement<{
  status: string;
  asked: number;
  variants: number;
  permit: string;
  failed: boolean;
}>(
  `select g.status, g.variants as asked, g.error_code is not null as failed, p.state as permit,
          (select count(*)::int from reel.variants v where v.account_id = g.account_id and v.generation_id = g.id) as variants
   from reel.generations g join limits.permits p on p.account_id = g.account_id and p.id = g.permit_id`,
);
const counts = statement<{ keys: number; generations: number }>(
  `select (select count(*)::int from idempotency.keys where route = 'POST /v1/create' and state = 'done') as keys,
          (select count(*)::int from reel.generations) as generations`,
);

/** How Reel is tried by killing the server at its crash points. */
export const crashes: CrashTests = {
  walks: {
    'a create': { customer: create, ends: COMPLETED },
    'a create that the provider refuses': {
      provider: ({ faults }) => faults.always({ kind: 'status', status: 400 }),
      customer: create,
      ends: ['failed: provider_rejected'],
    },
    'a create whose job has been tried too often': {
      earlier: { customer: ask },
      found: (db) => db.script('update jobs.jobs set attempt = attempts'),
      customer: create,
      ends: ['failed: provider_unavailable'],
    },
    'a create that is cancelled': {
      provider: ({ faults }) => faults.next({ kind: 'hang' }),
      customer: createAndCancel,
      // Another worker may be done with it before its customer comes back.
      ends: ['cancelled', ...COMPLETED],
      hides: 1,
    },
  },
  unfinished: { 'reel.generations': `status in ('queued', 'running')` },
  /**
   * Each key made one generation, and each generation is whole: variants, or none and a reason. What was made is charged,
   * be it cut short by a cancel or by too many crashes, and nothing else is.
   */
  async wrong(db) {
    const rows = await db.asMigrator(generations);
    const [row] = await db.asMigrator(counts);
    return [
      ...rows
        .filter(({ status, asked, variants, permit, failed }) => {
          const hasWork = variants > 0;
          return (
            (status !== 'cancelled' && status !== (hasWork ? 'completed' : 'failed')) ||
            asked !== VARIANTS ||
            variants > VARIANTS ||
            permit !== (hasWork ? 'settled' : 'voided') ||
            failed !== (status === 'failed')
          );
        })
        .map((one) => `a generation is not whole: ${JSON.stringify(one)}`),
      ...(row?.keys === row?.generations
        ? []
        : [`not one generation for each Idempotency-Key: ${JSON.stringify(row)}`]),
    ];
  },
  next: { customer: create, ends: COMPLETED },
};
