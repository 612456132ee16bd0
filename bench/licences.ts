import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { commitPoint, statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import type { App } from '../server/src/app.ts';
import { makeCustomers } from './customers.ts';
import { type Figures, quantile, round } from './figures.ts';
import { measureValidate } from './licences-validate.ts';
import { onDatabaseWithModels, withApp } from './server.ts';

const PREPARE = commitPoint('bench.seats', 'machines that hold seats');
/** Machines that beat every five minutes, and what they ask for in a second. */
const MACHINES = 10_000;
const NEEDED = MACHINES / 300;
const SEATS = 50;
const AT_ONCE = 256;
/** Seconds of each measurement, after some to warm up. */
const WARM_UP = 4;
const SECONDS = 10;
const CROWD = { machines: 500, seats: 100 };

/**
 * 10,000 machines of 200 licences hold seats and beat as fast as they are answered: through the service alone (token verified, rates, one
 * commit for many, a new token signed), and over HTTP with the load in the same process. Then it is measured whether `validate` takes as long for an unknown key, and 500 machines come at
 * once for 100 seats.
 */
export async function benchLicences(say: (line: string) => void): Promise<Figures> {
  return onDatabaseWithModels(async (given) => {
    const settings = { ...given, TRUSTED_PROXIES: '127.0.0.1' };
    const keys = await makeCustomers(settings, MACHINES / SEATS, 'coditect.enterprise');
    return withApp(settings, { work: false, migrate: false }, (app) => measure(app, keys[0] ?? '', say));
  });
}

interface BeatingMachine {
  readonly id: string;
  readonly ip: string;
  token: string;
}

/** What the bench asks of the product's service. */
interface Service {
  readonly sessions: {
    heartbeat(id: string, token: string, origin: { ip: string }): Promise<{ readonly token: string }>;
  };
  readonly tokens: { sign(session: object, times: object): Promise<string> };
  readonly views: { key(accountId: AccountId): Promise<string> };
}

const serviceOf = ({ modules }: App) =>
  modules.mounted.find(({ module }) => module === 'coditect/licences')?.service as Service;

/** The key of some licence. */
async function aLicenceKey(app: App): Promise<string> {
  const [row] = await app.modules.db.asMigrator(
    statement<{ account_id: AccountId }>('select account_id from coditect.licenses limit 1'),
  );
  return row === undefined ? '' : serviceOf(app).views.key(row.account_id);
}

async function measure(app: App, key: string, say: (line: string) => void): Promise<Figures> {
  const { sessions, tokens } = serviceOf(app);
  const { url } = await app.server.listen();
  const machines = await createSessions(app, tokens);
  say(`${machines.length} machines hold seats`);
  const alone = await beat(app, machines, async (one) => {
    one.token = (await sessions.heartbeat(one.id, one.token, one)).token;
  });
  say(`service: ${String(alone['per_second'])} a second`);
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const post = (path: string, body: object, ip: string) => postJson(agent, url + path, { sent: body, ip });
  const http = await beat(app, machines, async (one) => {
    const body = { session_id: one.id, signed_token: one.token };
    const answer = await post('/v1/licenses/heartbeat', body, one.ip);
    if (answer.status !== 200) throw new Error(JSON.stringify(answer));
    one.token = String(answer.body['signed_token']);
  });
  say(`http: ${String(http['per_second'])} a second`);
  const validate = await measureValidate(await aLicenceKey(app), async (licence, n) => {
    const body = { license_key: licence, hardware_id: 'a-machine-of-bench' };
    const answer = await post('/v1/licenses/validate', body, `10.8.${(n >> 5) & 255}.${n & 31}`);
    if (answer.status !== 200) throw new Error(JSON.stringify(answer));
  });
  say(`validate: ${JSON.stringify(validate)}`);
  const crowd = await come(app, key, post);
  agent.destroy();
  const factor = (figures: Figures) => round(Number(figures['per_second']) / NEEDED);
  return {
    needed_per_second: round(NEEDED),
    service: { ...alone, times_needed: factor(alone) },
    http: { ...http, times_needed: factor(http) },
    validate,
    crowd,
  };
}

/** Each licence has as many machines at work as it has seats, which came in the hour before. */
async function createSessions(
  { modules: { db } }: App,
  tokens: Service['tokens'],
): Promise<BeatingMachine[]> {
  const [rows] = await db.system('owner.first-start', PREPARE, [
    statement<{ account_id: AccountId; license: string; machine: string; session: string; now: Date }>(
      `with made as (
         insert into coditect.machines (account_id, license_id, id, hardware_id)
         select account_id, id, gen_random_uuid(), 'machine-of-bench-' || n from coditect.licenses, generate_series(1, $1) n
         returning account_id, license_id, id
       ), sat as (
         insert into limits.seats (account_id, product, name, machine, id, fence, taken_at, expires_at, offline_minutes)
         select account_id, 'coditect', 'seats', id::text, gen_random_uuid(), 1, app.now() - interval '1 hour',
           app.now() + interval '1 hour', 30 from made returning account_id, machine, id
       )
       select made.account_id, made.license_id as license, made.id as machine, sat.id as session, app.now() as now
       from made join sat on sat.account_id = made.account_id and sat.machine = made.id::text`,
      [SEATS],
    ),
  ]);
  const beating: BeatingMachine[] = [];
  for (const [n, row] of rows.entries()) {
    const { account_id: accountId, license: licenseId, machine: machineId, session: id, now: at } = row;
    const session = { accountId, licenseId, id, machineId, fence: 1, seats: SEATS };
    const token = await tokens.sign(session, { at, expiresAt: at, offlineUntil: null });
    beating.push({ id, token, ip: `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}` });
  }
  return beating;
}

/** So many machines beat at once, each again and again in its turn, for some seconds. */
async function beat(
  app: App,
  machines: readonly BeatingMachine[],
  one: (machine: BeatingMachine) => Promise<void>,
): Promise<Figures> {
  const times: number[] = [];
  let next = 0;
  const over = new AbortController();
  let counts = false;
  const lane = async () => {
    while (!over.signal.aborted) {
      const machine = machines[next++ % machines.length];
      if (machine === undefined) return;
      const began = performance.now();
      await one(machine);
      if (counts) times.push(performance.now() - began);
    }
  };
  const lanes = Promise.all(Array.from({ length: AT_ONCE }, lane));
  await Promise.race([pause(WARM_UP * 1_000), lanes]);
  const [cpuBefore, ownBefore] = [await databaseCpu(app), process.cpuUsage()];
  counts = true;
  const began = performance.now();
  await Promise.race([pause(SECONDS * 1_000), lanes]);
  counts = false;
  const seconds = (performance.now() - began) / 1_000;
  const [cpu, own] = [await databaseCpu(app), process.cpuUsage(ownBefore)];
  over.abort();
  await lanes;
  return {
    per_second: round(times.length / seconds),
    p50_ms: round(quantile(times, 0.5)),
    p99_ms: round(quantile(times, 0.99)),
    db_cpu_us: cpu === undefined ? null : round(cpuSince(cpuBefore, cpu) / times.length),
    process_cpu_us: round((own.user + own.system) / times.length),
  };
}

/** Microseconds that each process of the database has had a processor; undefined where the system does not tell. */
async function databaseCpu({ modules: { db } }: App): Promise<ReadonlyMap<number, number> | undefined> {
  if (process.platform !== 'linux') return undefined;
  const rows = await db.asMigrator(statement<{ pid: number }>('select pid from pg_stat_activity'));
  return new Map(
    rows.map(({ pid }) => [
      pid,
      Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1_000,
    ]),
  );
}

/** Connections come and go: one that is gone is left out. */
function cpuSince(before: ReadonlyMap<number, number> | undefined, now: ReadonlyMap<number, number>): number {
  return [...now].reduce((sum, [pid, us]) => sum + us - (before?.get(pid) ?? 0), 0);
}

type Post = (path: string, body: object, ip: string) => Promise<HttpAnswer>;
interface HttpAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** All at once: how many got a seat, and how long until the last was answered. */
async function come({ modules: { db } }: App, key: string, post: Post): Promise<Figures> {
  await db.asMigrator(statement('update coditect.licenses set seats_by_admin = $1', [CROWD.seats]));
  await db.asMigrator(statement('delete from limits.seats'));
  await db.asMigrator(statement('delete from coditect.machines'));
  const began = performance.now();
  const answers = await Promise.all(
    Array.from({ length: CROWD.machines }, (_, n) =>
      post('/v1/licenses/acquire', { hardware_id: `crowd-of-bench-${n}`, key }, `10.9.${n >> 8}.${n & 255}`),
    ),
  );
  const ms = performance.now() - began;
  const statuses = Object.groupBy(answers, ({ status }) => String(status));
  return {
    machines: CROWD.machines,
    seats: CROWD.seats,
    admitted: statuses['201']?.length ?? 0,
    denied: statuses['429']?.length ?? 0,
    all_answered_ms: round(ms),
  };
}

function postJson(
  agent: Agent,
  url: string,
  { sent, ip }: { readonly sent: object; readonly ip: string },
): Promise<HttpAnswer> {
  const { key, ...body } = sent as { readonly key?: string };
  const text = JSON.stringify(body);
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'x-forwarded-for': ip,
    ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
  };
  return new Promise((resolve, reject) => {
    const call = request(url, { method: 'POST', agent, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          body: JSON.parse(Buffer.concat(parts).toString('utf8')) as HttpAnswer['body'],
        }),
      );
    });
    call.on('error', reject);
    call.end(text);
  });
}
