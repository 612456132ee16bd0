import { createServer } from 'node:http';
import { listen, plainAnswer } from '@plinth/testkit/fixtures/ai/upstream';
import { chanceOf } from './chance.ts';
import { makeCustomers } from './customers.ts';
import { type Member, openMember } from './fleet.ts';
import type { Outcome } from './judgement.ts';
import type { Violation } from './oracle/index.ts';
import { newOutages } from './outages.ts';
import { type FaultServices, openServices } from './services.ts';
import { sleep } from './turns.ts';

/** Calls at once of the first customer's plan. */
const PLACES = 20;
/** Callers of the process that goes on: as many as there are places, and some who wait for one. */
const CALLERS = PLACES + 4;
/** Milliseconds for which the provider keeps a call, and those after which a caller that had no place asks again. */
const KEPT = 3_000;
const PAUSE = 500;
/** Half of a process's calls are at the provider when it is stopped, and half wait for a place there. */
const WAITING = {
  AI_SLOTS: 'sandbox/*=10',
  AI_CONFIG: JSON.stringify({ version: '2026-11-23', policies: { 'gateway.chat': { patience: 600_000 } } }),
};
/** Milliseconds in which a step must come about: the longest is the end of a lease, 30 s. */
const PATIENCE = 90_000;

export interface AwayOptions {
  readonly seed: string;
  readonly seconds: number;
  readonly say: (line: string) => void;
}

/**
 * Stops a process by the system for as long as its lease really lasts, while its calls wait to be sent, and lets it go on when
 * another process has filled all places: at no time are there more calls at the provider than places.
 */
export async function runAway({ seed, seconds, say }: AwayOptions): Promise<Outcome> {
  await using opened = new AsyncDisposableStack();
  const services = await openServices();
  opened.defer(() => services.close());
  const [customer] = await makeCustomers(services.url, services.folder);
  if (customer === undefined) throw new Error('there is no customer');
  const provider = await openProvider();
  opened.defer(() => provider.close());
  const upstreams = {
    databaseFor: services.databaseFor,
    redis: services.redis === undefined ? undefined : new URL(services.redis.url),
    provider: provider.url,
  };
  const options = { upstreams, folder: services.folder, chance: chanceOf(seed), outages: newOutages(), say };
  const members = await Promise.all([
    openMember('serve', 'stopped', { ...options, settings: WAITING }),
    openMember('serve', 'other', options),
  ]);
  opened.defer(async () => void (await Promise.all(members.map((member) => member.stop()))));
  await Promise.all(members.map((member) => member.ready()));
  const [stopped, other] = members;
  const parts = { services, stopped, other, provider, key: customer.key, say };
  const violations: Violation[] = [];
  const rounds = Math.max(1, Math.floor(seconds / 60));
  for (let round = 0; round < rounds; round += 1) violations.push(...(await stopOnce(parts)));
  violations.push(
    ...members.flatMap(({ defects }) =>
      defects.map((said) => ({ rule: 'a process ended by a defect', says: said, rows: [] })),
    ),
  );
  return { violations, counts: { stopped_past_lease: rounds, most_calls_at_once: provider.most } };
}

interface AwayParts extends Pick<AwayOptions, 'say'> {
  readonly services: FaultServices;
  readonly stopped: Member;
  readonly other: Member;
  readonly provider: Provider;
  readonly key: string;
}

async function stopOnce({ services, stopped, other, provider, key, say }: AwayParts): Promise<Violation[]> {
  const { starts } = stopped;
  const release = provider.hold();
  const held = Array.from({ length: PLACES }, () => ask(stopped, key));
  await waitFor('a process has all places', async () => (await placesTaken(services)) === PLACES);
  await waitFor('some of its calls are at the provider', async () => provider.present > 0);
  stopped.signal('SIGSTOP');
  // What it had sent arrives, however busy the machine is.
  let present = 0;
  while (present < provider.present) {
    ({ present } = provider);
    await sleep(PAUSE);
  }
  release();
  say(`${stopped.name} is stopped, with ${present} calls at the provider`);
  const over = new AbortController();
  const calling = Array.from({ length: CALLERS }, async () => {
    while (!over.signal.aborted) if ((await ask(other, key)) !== 200) await sleep(PAUSE);
  });
  try {
    await waitFor('the places of a stopped process are taken', async () => provider.present === PLACES);
  } finally {
    stopped.signal('SIGCONT');
  }
  say(`${stopped.name} goes on, with ${provider.present} calls of others at the provider`);
  const statuses = await Promise.all(held);
  await waitFor('the process ends that has lost its lease', async () => stopped.starts > starts);
  over.abort();
  await Promise.all(calling);
  await stopped.ready();
  const served = statuses.filter((status) => status === 200).length;
  const answered = `${present} calls were at the provider when their process was stopped: ${statuses.join(', ')}`;
  return [
    ...(provider.most > PLACES
      ? [{ rule: 'more calls than places', says: `${provider.most} at once on ${PLACES}`, rows: [] }]
      : []),
    ...(present > 0 && served <= present && statuses.every((status) => status === 200 || status === 503)
      ? []
      : [{ rule: 'a call is sent after a pause', says: answered, rows: [] }]),
  ];
}

/** The status of a chat call; 0: there was no answer. */
async function ask({ front }: Member, key: string): Promise<number> {
  try {
    const response = await fetch(`http://127.0.0.1:${front.port}/v1/ai/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'sandbox-small',
        messages: [{ role: 'user', content: 'Hello' }],
        max_tokens: 20,
      }),
    });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return 0;
  }
}

async function placesTaken({ sql }: FaultServices): Promise<number> {
  const [row] = await sql.rows<{ taken: number }>(
    `select count(*)::integer as taken from limits.permits where state = 'running'`,
  );
  return row?.taken ?? 0;
}

async function waitFor(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const began = performance.now();
  while (!(await isSo())) {
    if (performance.now() - began > PATIENCE) throw new Error(`it never came about: ${what}`);
    await sleep(50);
  }
}

/** A provider that counts the calls that it has at once. */
interface Provider {
  readonly url: URL;
  readonly present: number;
  readonly most: number;
  /** Keeps all calls that come until the answer is called; others it keeps for a while. */
  hold(): () => void;
  close(): Promise<void>;
}

async function openProvider(): Promise<Provider> {
  let [present, most] = [0, 0];
  let held: Promise<void> | undefined;
  const server = createServer((request, response) => {
    request.resume().once('end', () => {
      present += 1;
      most = Math.max(most, present);
      void (held ?? sleep(KEPT)).then(() => {
        present -= 1;
        response.writeHead(200, { 'content-type': 'application/json' }).end(plainAnswer('Hello.'));
      });
    });
  });
  return {
    url: new URL(`http://127.0.0.1:${await listen(server)}/v1`),
    get present() {
      return present;
    },
    get most() {
      return most;
    },
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      return () => {
        held = undefined;
        resolve();
      };
    },
    async close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
