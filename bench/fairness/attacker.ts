/** The account of `npm run bench -- fairness` that does its worst, in a process of its own: it is told which attack, and when to end. */
import { Pool } from 'undici';
import { endWithParent } from '../gateway/child.ts';
import { ATTACKS, type Attack } from './attacks.ts';

export interface AttackOrder {
  readonly url: string;
  readonly keys: readonly string[];
  readonly attack: string;
}

const state = { isOver: false, calls: 0 };

endWithParent();
process.on('message', (order: AttackOrder | 'end') => {
  if (order === 'end') {
    state.isOver = true;
    return;
  }
  state.isOver = false;
  run(order).then(
    (statuses) => process.send?.(statuses),
    (error: unknown) => process.send?.({ [String(error)]: 1 }),
  );
});
process.send?.('ready');

/** How often it was answered with each status. */
async function run({ url, keys, attack }: AttackOrder): Promise<Record<string, number>> {
  const own = ATTACKS[attack];
  if (own === undefined) throw new Error(`there is no attack ${attack}`);
  const pool = new Pool(url, { connections: own.atOnce, headersTimeout: 0, bodyTimeout: 0 });
  const statuses: Record<string, number> = {};
  const repeat = async () => {
    while (!state.isOver) {
      const status = await attackOnce(pool, own, keys);
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: own.atOnce }, repeat));
  await pool.close();
  return statuses;
}

async function attackOnce(pool: Pool, { call }: Attack, keys: readonly string[]): Promise<number> {
  const { method, path, body, headers } = call(state.calls);
  const key = keys[state.calls % keys.length] ?? '';
  state.calls += 1;
  const answer = await pool.request({
    method,
    path,
    headers: {
      ...headers,
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'x-forwarded-for': '192.0.2.1',
    },
    body: typeof body === 'string' ? body : body === undefined ? null : JSON.stringify(body),
  });
  await answer.body.dump({ limit: Number.MAX_SAFE_INTEGER });
  return answer.statusCode;
}
