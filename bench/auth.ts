import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { npmBinaries } from '@plinth/testkit/services/binaries';
import { createDatabase, prepareCluster } from '@plinth/testkit/services/cluster';
import { startPostgres } from '@plinth/testkit/services/postgres';
import { type Connection, connectTo } from './auth/connection.ts';
import type { Servers } from './auth/servers.ts';
import type { Figures } from './figures.ts';
import { contest, type Ratio } from './limits/rounds.ts';

const CALLERS = 32;
const HOW = { callers: CALLERS, rounds: 15, times: 4_000, between: async () => {} } as const;

type Say = (line: string) => void;

/**
 * What it costs to know who calls: routes of bare Fastify that answer the same few bytes, with nothing before the answer, and
 * with our `identify` or better-auth's `getSession` before it, all in one process on one PostgreSQL. Each figure is the median
 * of rounds in which a route and the bare one take turns. `walk_` is a route of our own server: rates, headers, logs and all.
 */
export async function benchAuth(say: Say): Promise<Figures> {
  const binaries = await npmBinaries();
  if (binaries === undefined)
    throw new Error('there is no PostgreSQL for this system in the packages of npm');
  const server = await startPostgres({ binaries, durable: true });
  try {
    const url = await createDatabase(await prepareCluster(server.adminUrl, true), 'bench');
    return { callers: CALLERS, postgres: server.version, ...(await onStands(url, say)) };
  } finally {
    await server.stop();
  }
}

async function onStands(url: string, say: Say): Promise<Figures> {
  // The load comes from this process: on two cores neither side waits for the other's.
  const child = fork(join(import.meta.dirname, 'auth/servers.ts'), [url], { stdio: ['ignore', 2, 2, 'ipc'] });
  child.once('exit', (code) => {
    if (code !== 0) throw new Error('the servers under test ended');
  });
  const [servers] = (await once(child, 'message')) as [Servers];
  try {
    return await measureRounds(servers, say);
  } finally {
    child.send('stop');
    await once(child, 'exit');
  }
}

async function measureRounds({ ports, bearer, better }: Servers, say: Say): Promise<Figures> {
  const bare = await connections({ port: ports.bare });
  const rounds: Record<string, Ratio> = {};
  const runs = {
    token: { port: ports.ours, authorization: `Bearer ${bearer.token}` },
    key: { port: ports.ours, authorization: `Bearer ${bearer.key}` },
    walk_token: { port: ports.walk, authorization: `Bearer ${bearer.token}` },
    walk_key: { port: ports.walk, authorization: `Bearer ${bearer.key}` },
    better_auth: { port: ports.better, cookie: better.cookie },
    better_auth_cookie_cache: { port: ports.betterCached, cookie: better.cachedCookie },
  };
  for (const [name, to] of Object.entries(runs)) {
    const ours = await connections(to);
    const ratio = await contest({ ...HOW, ours: ours.call, theirs: bare.call });
    rounds[name] = ratio;
    say(`${name}: ${JSON.stringify(ratio)}`);
    ours.close();
  }
  bare.close();
  const medians = Object.entries(rounds).map(([name, { median }]) => [`${name}_vs_bare`, median] as const);
  return { ...Object.fromEntries(medians), better_auth: better.version, rounds };
}

/** As many as there are callers: each waits for its answer before it asks again. */
async function connections(to: Parameters<typeof connectTo>[0]) {
  const all: Connection[] = await Promise.all(Array.from({ length: CALLERS }, () => connectTo(to)));
  const free = [...all];
  return {
    async call(): Promise<void> {
      const one = free.pop();
      if (one === undefined) throw new Error('more callers than connections');
      await one.call();
      free.push(one);
    },
    close: () => all.forEach((one) => one.close()),
  };
}
