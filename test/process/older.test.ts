import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openDatabase, statement } from '#platform/db';
import { QUICK, temporaryFolder, testDatabase, type TestDatabase } from '@plinth/testkit/services';
import { ROOT } from '@plinth/testkit/house/source';
import { asAdmin } from '@plinth/testkit/services/cluster';
import { aheadBy, type Answered, ask, askStripe, readKept } from './older/kept.ts';
import { endAll, type Program, startProgram } from '@plinth/testkit/program';

/**
 * What outlives a process keeps its name: what a program of d6ca964e left when it was killed (older/write.ts says how), its database and
 * its data folder, is gone on with by this version. Nothing in it is changed, as old as it is by now: this version is started at the
 * time at which that one was killed. The database's clock is set back as tests do it, and the clock of the process by older/clock.ts.
 */
const kept = readKept();
const folder = temporaryFolder();
const dataDir = join(folder, 'data');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** No more often than a customer may ask. */
const POLL = { timeout: 120_000, interval: 500 };

afterAll(endAll);

/** No dump has roles, which are those of a whole server: they are made as the first step of all makes them. */
function rolesOf(): string {
  const step = readFileSync(join(ROOT, 'server/src/platform/base/db/migrations/0001_app.up.sql'), 'utf8');
  return /^do \$\$.*?^end \$\$;/ms.exec(step)?.[0] ?? '';
}

/** As SQL for a login that is no superuser, who may give away a function only to a role that may make one. */
function script(): string {
  const made = kept.sql.replaceAll(
    /^CREATE SCHEMA (\w+);$/gm,
    '$&\ngrant create on schema $1 to plinth_system;',
  );
  const taken = [...kept.sql.matchAll(/^CREATE SCHEMA (\w+);$/gm)].map(
    ([, schema]) => `revoke create on schema ${schema} from plinth_system;`,
  );
  // The embedded database has the clock of its process.
  return [rolesOf(), made, ...taken, `update app.clock set ahead = '0';`].join('\n');
}

interface Restored {
  readonly settings: Readonly<Record<string, string>>;
  /** Rows, while no program runs. */
  rows(sql: string): Promise<unknown[]>;
  /** Sets the clock of a database that has one. */
  setAhead(milliseconds: number): Promise<void>;
}

/** Puts everything back, on the engine of this pass. */
async function restore(): Promise<Restored> {
  for (const [name, text] of Object.entries(kept.files)) {
    mkdirSync(dirname(join(dataDir, name)), { recursive: true, mode: 0o700 });
    writeFileSync(join(dataDir, name), text, { mode: 0o600 });
  }
  const database = await testDatabase({ empty: true });
  return database.engine === 'postgres' ? onServer(database) : embedded();
}

async function onServer({ db, url, settings }: TestDatabase): Promise<Restored> {
  // What it sets for its session (no search path, for one) ends with it.
  await asAdmin(url, [script()]);
  return {
    settings,
    rows: (sql) => db.asMigrator(statement(sql)),
    setAhead: (milliseconds) => db.script(`update app.clock set ahead = '${milliseconds} milliseconds'`),
  };
}

const openEmbedded = () => openDatabase({ engine: 'pglite', dataDir: join(dataDir, 'database') });

async function embedded(): Promise<Restored> {
  const db = await openEmbedded();
  await db.script(script());
  await db.close();
  return {
    settings: {},
    async rows(sql) {
      const opened = await openEmbedded();
      try {
        return await opened.asMigrator(statement(sql));
      } finally {
        await opened.close();
      }
    },
    setAhead: async () => {},
  };
}

const restored = await restore();

/** This version, from that instant on. */
async function startAt(instant: number, words: readonly string[] = ['start']): Promise<Program> {
  const ahead = instant - Date.now();
  await restored.setAhead(ahead);
  return startProgram(words, {
    cwd: folder,
    flags: [...QUICK, ...aheadBy(ahead)],
    environment: { ...restored.settings, DATA_DIR: './data', PORT: '0', LOG_LEVEL: 'silent' },
  });
}

async function stop(program: Program): Promise<void> {
  program.kill('SIGTERM');
  expect(await program.ended).toEqual({ code: 0, signal: null });
}

/** Stripe's sandbox, which runs in the program, as its owner asks it. */
function stripe(call: string, form?: Readonly<Record<string, string>>): ReturnType<typeof askStripe> {
  return askStripe(readFileSync(join(dataDir, 'stripe-sandbox.json'), 'utf8'), call, form);
}

type Body = Readonly<Record<string, unknown>>;

/** A holder of a key of that time. */
function holder(url: string, by: Answered['by']) {
  const token = kept.keys[by];
  const call = async (what: string, more: { body?: unknown; key?: string } = {}) => {
    const { status, text } = await ask(url, what, { token, ...more });
    return { status, body: JSON.parse(text) as Body };
  };
  async function finished(id: unknown): Promise<Body> {
    const path = `GET /v1/generations/${String(id)}?wait=20`;
    await expect.poll(async () => (await call(path)).body['status'], POLL).not.toMatch(/queued|running/);
    return (await call(path)).body;
  }
  return { call, finished };
}

interface Limit {
  readonly product: string;
  readonly limit: string;
  readonly used: number;
  readonly max: number;
}

/** How much of a limit an account has used, and the calls that it is charged for. */
async function usage({ call }: ReturnType<typeof holder>, product: string, limit: string) {
  const { data, events } = (await call('GET /v1/usage')).body as { data: Limit[]; events: Body[] };
  const { used, max } = data.find((one) => one.product === product && one.limit === limit) ?? {};
  return { used, max, events };
}

/** The sandbox of Stripe is where it was, unless another test has taken its port. */
function withoutPorts(answer: { readonly status: number; readonly body: unknown }): typeof answer {
  return JSON.parse(JSON.stringify(answer).replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1')) as typeof answer;
}

test('a database of an older version starts with all that is under way: answers, jobs, permits, keys and sessions', async () => {
  const steps = () => restored.rows('select id from public.plinth_migrations order by id');
  const before = await steps();
  const program = await startAt(kept.at + MINUTE);
  const url = await program.url();
  const [ada, owner] = [holder(url, 'ada'), holder(url, 'owner')];

  const used = await usage(owner, 'gateway', 'calls');
  for (const { by, call, body, key = '', status, text } of kept.repeatable)
    expect(await ask(url, call, { token: kept.keys[by], body, key }), `${call} again`).toEqual({
      status,
      text,
    });
  expect(await usage(owner, 'gateway', 'calls'), 'a repeat is free').toEqual(used);

  for (const id of [kept.queued, kept.sent])
    expect(await ada.finished(id)).toMatchObject({ status: 'completed' });
  expect(await usage(ada, 'reel', 'generations')).toMatchObject({ used: 2, max: 300 });
  const settled = { permit_id: kept.permit, status: 'settled', units: 1, cost_micros: 1234 };
  for (const time of ['first', 'second'])
    expect(
      await owner.call(`POST /v1/permits/${kept.permit}/settle`, { body: { cost_micros: 1234 } }),
      `settled for the ${time} time`,
    ).toMatchObject({ status: 200, body: settled });
  for (const { by, call, status, text } of kept.read)
    expect(withoutPorts(await holder(url, by).call(call)), call).toMatchObject(
      withoutPorts({ status, body: JSON.parse(text) }),
    );

  const { access_token: token, refresh_token } = kept.session;
  expect((await ask(url, 'GET /v1/usage', { token })).status).toBe(200);
  expect((await ask(url, 'POST /v1/auth/refresh', { body: { refresh_token } })).status).toBe(200);
  expect((await ask(url, 'POST /v1/auth/login', { body: kept.login })).status).toBe(200);
  await stop(program);

  const after = await steps();
  expect(after).toEqual(expect.arrayContaining(before));
  expect(after.length, 'steps of this version').toBeGreaterThan(before.length);
  expect(
    await restored.rows(
      `select p.feature, p.state, array_agg(e.state || case when e.estimated then ', estimated' else '' end order by e.attempt) as calls
         from limits.permits p join limits.usage_events e on e.account_id = p.account_id and e.permit_id = p.id group by p.id, p.feature, p.state order by p.id`,
    ),
  ).toEqual([
    { feature: 'generation', state: 'settled', calls: ['posted'] },
    // The call that was under way may have been answered: that is unknown, and it is counted as if.
    { feature: 'generation', state: 'settled', calls: ['posted, estimated', 'posted'] },
    { feature: 'generation', state: 'settled', calls: ['posted'] },
    { feature: 'external', state: 'settled', calls: ['posted'] },
    { feature: 'chat', state: 'settled', calls: ['posted'] },
  ]);
  const verified = await startAt(kept.at + HOUR, ['usage', 'verify']);
  expect(await verified.ended, verified.said()).toEqual({ code: 0, signal: null });
});

test('who has not paid an older version keeps her plan until the day that it promised, and has it back once she pays', async () => {
  const program = await startAt(Date.parse(kept.suspendsAt) + HOUR);
  const url = await program.url();
  const { call, finished } = holder(url, 'ada');
  const subscription = async () => (await call('GET /v1/billing/subscription')).body;
  const create = (key: string) =>
    call('POST /v1/create', { key, body: { platform: 'linkedin', topic: 'Paid', variants: 1 } });
  const mails = async () => {
    const { body } = await holder(url, 'owner').call(`GET /v1/admin/mail?to=${kept.login.email}`);
    return (body['data'] as { template: string }[]).map(({ template }) => template);
  };
  // Each once, whichever version sent it; the newest first.
  const sent = ['subscription_suspended', 'payment_failed_again', 'payment_failed', 'welcome'];
  await expect.poll(mails, POLL).toEqual(sent);
  expect(await subscription()).toMatchObject({ state: 'past_due', suspends_at: kept.suspendsAt });
  expect(await create('not-paid')).toMatchObject({ status: 402, body: { error: { code: 'plan_required' } } });

  const [customer] = (await stripe('GET /v1/customers')).data;
  const [invoice] = (await stripe('GET /v1/invoices?status=open')).data;
  const card = await stripe('POST /v1/payment_methods/pm_card_visa/attach', { customer: customer?.id ?? '' });
  await stripe(`POST /v1/invoices/${invoice?.id}/pay`, { payment_method: card.id });
  await expect.poll(subscription, POLL).toMatchObject({ state: 'active' });
  const paid = await create('paid');
  expect(paid).toMatchObject({ status: 202 });
  expect(await finished(paid.body['generation_id'])).toMatchObject({ status: 'completed' });
  await expect.poll(mails, POLL).toEqual(['payment_recovered', ...sent]);
  await stop(program);
});
