import { expect } from 'vitest';
import { statement } from '#platform/db';
import type { JobId } from '#platform/kernel';
import { createQStashSandbox, type Delivery, type QStashSandbox } from '#sandbox/qstash';
import { type Customer, type TestApp, testApp, type TestAppOptions } from '@plinth/testkit/services/app';
import { atEndOfFile } from '@plinth/testkit/closing';

/** The name by which QStash reaches the processes, on any port. */
const TARGET = 'https://plinth.test';
export const DESTINATION = `${TARGET}/worker/generate`;

/** A process whose jobs go through QStash, whose time is driven. */
export interface QStashFixture extends TestApp {
  readonly qstash: QStashSandbox;
  /** Another process on the same database; deliveries go to both in turn. */
  another(options?: Pick<TestAppOptions, 'work' | 'settings'>): Promise<TestApp>;
  /** Deliveries go to these from now on. */
  deliverTo(...processes: readonly Pick<TestApp, 'url'>[]): void;
  /** Asks for a post; answers how its end is read. */
  create(by: Customer): Promise<PromisedJob>;
  /** Sends a delivery by hand. */
  deliver(
    signature: string | undefined,
    body: string,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Response>;
}

export interface PromisedJob {
  readonly jobId: JobId;
  /** Waits for the end, and answers the status. */
  readonly ended: () => Promise<string>;
}

export interface QStashFixtureOptions {
  readonly settings?: Readonly<Record<string, string>>;
  readonly work?: boolean;
}

export async function qstashFixture(options: QStashFixtureOptions = {}): Promise<QStashFixture> {
  const qstash = await createQStashSandbox({ driven: true });
  const settings = {
    JOBS_DELIVERY: 'qstash',
    QSTASH_URL: qstash.url,
    QSTASH_TOKEN: qstash.token,
    QSTASH_CURRENT_SIGNING_KEY: qstash.keys.current,
    QSTASH_NEXT_SIGNING_KEY: qstash.keys.next,
    PUBLIC_URL: TARGET,
    ...options.settings,
  };
  const open = (more: TestAppOptions = {}) =>
    testApp({ ...more, settings: { ...settings, ...more.settings } });
  const app = await open(options.work === undefined ? {} : { work: options.work });
  atEndOfFile(() => qstash.close());
  const deliverTo: QStashFixture['deliverTo'] = (...processes) =>
    qstash.route(TARGET, ...processes.map(({ url }) => url));
  deliverTo(app);
  return {
    ...app,
    qstash,
    async another(more) {
      const other = await open({ ...more, beside: app });
      deliverTo(app, other);
      return other;
    },
    deliverTo,
    async create(by) {
      const body = { platform: 'linkedin', topic: 'Why small teams ship faster', variants: 1 };
      const headers = { 'idempotency-key': crypto.randomUUID() };
      const accepted = await app.call(by.key, 'POST /v1/create', { body, headers });
      expect(accepted.status, JSON.stringify(accepted.body)).toBe(202);
      return findPromised(app, by, accepted.body);
    },
    async deliver(signature, body, more = {}) {
      const headers = {
        'content-type': 'application/json',
        ...(signature === undefined ? {} : { 'upstash-signature': signature }),
        ...more,
      };
      return fetch(`${app.url}/worker/generate`, { method: 'POST', headers, body });
    },
  };
}

async function findPromised(
  app: TestApp,
  by: Customer,
  body: Readonly<Record<string, unknown>>,
): Promise<PromisedJob> {
  const id = String(body['generation_id']);
  const [row] = await app.db.asMigrator(
    statement<{ job_id: JobId }>('select job_id from reel.generations where id = $1', [id]),
  );
  if (row === undefined) throw new Error('there is no such generation');
  return {
    jobId: row.job_id,
    async ended() {
      for (;;) {
        const { body: generation } = await app.call(by.key, `GET ${String(body['status_url'])}?wait=20`);
        const { status } = generation;
        if (status !== 'queued' && status !== 'running') return String(status);
      }
    },
  };
}

/** What deliveries of a job were answered, in the order in which they were sent. */
export function outcomesOf({ qstash }: Pick<QStashFixture, 'qstash'>, { jobId }: PromisedJob): unknown[] {
  return qstash
    .deliveries()
    .filter((one) => jobOf(one) === jobId)
    .map(({ status, answer }) =>
      status === 200 ? (JSON.parse(answer) as { outcome: string }).outcome : status,
    );
}

/** The Deduplication-Ids of the messages about a job, less the job. */
export function numbersOf({ qstash }: Pick<QStashFixture, 'qstash'>, { jobId }: PromisedJob): string[] {
  return qstash
    .messages()
    .map(({ deduplicationId = '' }) => deduplicationId)
    .filter((id) => id.startsWith(jobId))
    .map((id) => id.slice(jobId.length + 1));
}

function jobOf({ body }: Pick<Delivery, 'body'>): string {
  return (JSON.parse(body) as { job_id: string }).job_id;
}

/** How a job stands. */
export async function stateOf(
  { db }: Pick<QStashFixture, 'db'>,
  { jobId }: PromisedJob,
): Promise<string | undefined> {
  const [row] = await db.asMigrator(
    statement<{ state: string }>('select state from jobs.jobs where id = $1', [jobId]),
  );
  return row?.state;
}
