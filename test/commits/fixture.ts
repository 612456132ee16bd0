import { expect, vi } from 'vitest';
import { statement } from '#platform/db';
import { type CommitCutter, cutDatabase, testDatabase } from '@plinth/testkit/services';
import { type Reply, type TestApp, testApp, type TestAppOptions } from '@plinth/testkit/services/app';

/** An app that reaches its database by a way which can lose the answers of commits, and be cut off. */
export interface CommitsFixture extends TestApp {
  readonly cutter: CommitCutter;
  chat(key: string, more?: Readonly<Record<string, string>>): Promise<Reply>;
  create(key: string, more?: Readonly<Record<string, string>>): Promise<Reply>;
  /** Waits until the database knows all that this process does. */
  told(): Promise<void>;
  /** Tokens that were posted in all, corrections included, those that the provider has billed, and estimates that nothing has corrected. */
  books(): Promise<{ readonly posted: number; readonly billed: number; readonly estimates: number }>;
  rows<Row>(sql: string, ...values: readonly unknown[]): Promise<Row[]>;
}

/** As long as something takes that waits for nothing but other processes. */
const PATIENCE = { timeout: 120_000, interval: 20 };

export async function commitsFixture(options: TestAppOptions = {}): Promise<CommitsFixture> {
  const database = await testDatabase();
  const { cutter, through } = await cutDatabase(database.url);
  const app = await testApp({ ...options, on: database, over: () => through });
  const rows = <Row>(sql: string, ...values: readonly unknown[]): Promise<Row[]> =>
    database.db.asMigrator(statement<Row>(sql, values));
  return {
    ...app,
    cutter,
    rows,
    chat: (key, headers = {}) =>
      app.call(key, 'POST /v1/ai/chat/completions', {
        headers,
        body: { model: 'sandbox-small', messages: [{ role: 'user', content: 'Say hello.' }], max_tokens: 50 },
      }),
    create: (key, headers = {}) =>
      app.call(key, 'POST /v1/create', {
        headers: { 'idempotency-key': crypto.randomUUID(), ...headers },
        body: { platform: 'linkedin', topic: 'Why small teams ship faster', variants: 2 },
      }),
    async told() {
      const { ends, retries } = app.app.modules.limits;
      await ends.idle();
      await vi.waitFor(() => expect(retries.size).toBe(0), PATIENCE);
    },
    async books() {
      const [row] = await rows<{ posted: number; estimates: number }>(
        `select coalesce(sum(prompt_tokens + completion_tokens), 0)::int as posted,
           count(*) filter (where estimated and not exists (select from limits.usage_events c where c.corrects = e.id))::int as estimates
         from limits.usage_events e where state = 'posted'`,
      );
      const billed = app.sandbox
        .bill()
        .reduce((sum, { prompt_tokens, completion_tokens }) => sum + prompt_tokens + completion_tokens, 0);
      return { posted: row?.posted ?? 0, billed, estimates: row?.estimates ?? 0 };
    },
  };
}
