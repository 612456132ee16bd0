import { afterAll, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { endAll, startProgram } from '../../process/program.ts';
import { testApp, type Reply } from '../../services/app.ts';
import { type Kept, office } from './office.ts';

afterAll(endAll);

const app = await testApp({ work: false });

async function beatAt(url: string, { session_id, signed_token }: Kept): Promise<Reply['body'] | undefined> {
  const body = JSON.stringify({ session_id, signed_token });
  const headers = { 'content-type': 'application/json' };
  return fetch(`${url}/v1/licenses/heartbeat`, { method: 'POST', headers, body }).then(
    async (response) => {
      const answer = (await response.json()) as Reply['body'];
      return response.status === 200 ? answer : undefined;
    },
    () => undefined,
  );
}

test.runIf(app.database.engine === 'postgres')(
  'a heartbeat that was answered is there after its server was killed, in whichever batch it was',
  async () => {
    const at = await office(app, 'enterprise');
    const kept: Kept[] = [];
    for (let n = 0; n < 24; n += 1) kept.push(await at.seat(`${n}`));
    const { dataDir } = app.app.modules.options.config;
    const program = startProgram(['serve'], {
      cwd: dataDir,
      environment: { ...app.database.settings, DATA_DIR: dataDir, PORT: '0', NODE_ENV: 'test' },
    });
    const url = await program.url();
    const answered = new Map<string, number>();
    // Each machine beats without a pause, until nobody answers.
    await Promise.all(
      kept.map(async (one) => {
        for (let n = 0; n < 18; n += 1) {
          const answer = await beatAt(url, one);
          if (answer === undefined) return;
          answered.set(one.session_id, Date.parse(String(answer['server_time'])));
          if (answered.size === kept.length && n > 2) program.kill('SIGKILL');
        }
      }),
    );
    expect(await program.ended).toMatchObject({ signal: 'SIGKILL' });
    expect(answered.size).toBe(kept.length);
    const rows = await app.db.asMigrator(
      statement<{ id: string; renewed_at: Date }>(
        'select id, renewed_at from limits.seats where id = any($1::uuid[])',
        [[...answered.keys()]],
      ),
    );
    expect(rows).toHaveLength(kept.length);
    for (const { id, renewed_at: at_ } of rows)
      expect(at_.getTime()).toBeGreaterThanOrEqual(answered.get(id) ?? Infinity);
    const [first] = kept;
    if (first !== undefined) expect((await at.beat(first)).status).toBe(200);
  },
);
