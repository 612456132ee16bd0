import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createIdempotency } from '#platform/idempotency';
import { openDatabase } from '#platform/db';
import { type Mounted, routesFor } from '#platform/http';
import { type AccountId, createIds, systemClock, systemRandom, type UserId } from '#platform/kernel';
import { TextEvents } from '#platform/product';
import { createTelemetry } from '#platform/telemetry';
import { answers } from '@plinth/testkit/answers';
import { createServer } from '#server';
import { z } from 'zod';
import { type Child, startChild } from '../gateway/child.ts';
import { residentOf } from '../gateway/processes.ts';
import { type Figures, quantile, round } from '../figures.ts';
import { onDatabase } from '../server.ts';
import type { ClientOrder } from './clients.ts';

/** As many bytes as a token of a model has, more or less. */
const WORD = ' word1';
/** Frames of an answer: its fixed cost is small beside them. */
const FRAMES = 20_000;
const ANSWERS = 8;
/** Sockets that wait for an answer: memory is told by the difference that each makes. */
const IDLE = 6_000;
const GIGABYTE = 2 ** 30;

const ACCOUNT = '0193a000-0000-7000-8000-000000000001' as AccountId;
const USER = '0193a000-0000-7000-8000-00000000000a' as UserId;

const route = routesFor<{ waiting: number }>();

const common = {
  tag: 'Bench',
  auth: 'account',
  may: 'member',
  scope: 'bench:write',
  idempotency: 'none',
  rate: { perMinute: 1_000_000, by: 'account' },
  maxSeconds: 300,
  body: z.strictObject({ times: z.int(), spread: z.boolean() }),
  reply: { 200: z.strictObject({ sent: z.int() }) },
  example: { body: { times: 1, spread: false }, reply: { sent: 1 } },
} as const;

/** Most tokens come from a provider in reads of their own; what comes at once is one write to the system. */
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

const inFrames = route(
  'POST /v1/frames',
  {
    ...common,
    summary: 'Says words in frames, or waits until its client leaves',
    socket: '/v1/frames/stream',
  },
  async ({ body: { times, spread }, wire: { socket }, origin }, bench) => {
    if (times === 0) {
      bench.waiting += 1;
      await once(origin.signal, 'abort');
    }
    for (let n = 0; n < times; n += 1) {
      if (spread) await nextTurn();
      await socket?.send(WORD);
    }
    return { sent: times };
  },
);

const inEvents = route(
  'POST /v1/events',
  { ...common, summary: 'Says words in events', produces: ['text/event-stream'] },
  async ({ body: { times, spread }, wire, origin }) => {
    const events = new TextEvents(wire, { origin });
    for (let n = 0; n < times; n += 1) {
      if (spread) await nextTurn();
      await events.words(WORD);
    }
    await events.done({ sent: times });
    return { sent: times };
  },
);

interface FramesBench {
  readonly frames: boolean;
  readonly idle: boolean;
  readonly rounds: number;
  readonly say: (line: string) => void;
}

/** Processor time of the server for a frame beside one for an event of `TextEvents`; and its memory for a socket that waits. */
export function benchFrames(bench: FramesBench): Promise<Figures> {
  return onDatabase(async ({ DATABASE_URL: url = '' }) => {
    const db = await openDatabase({ engine: 'postgres', url, poolSize: 2 });
    const service = { waiting: 0 };
    const server = await createServer({
      settings: {
        version: 'bench',
        environment: 'test',
        host: '127.0.0.1',
        port: 0,
        corsOrigins: [],
        sockets: { perAddress: 65_536, perAccount: 65_536 },
      },
      mounted: [{ module: 'bench', routes: [inFrames, inEvents], service } satisfies Mounted],
      telemetry: createTelemetry({ logLevel: 'silent' }),
      clock: systemClock,
      ids: createIds({ clock: systemClock, random: systemRandom }),
      rates: {
        take: () => Promise.resolve(undefined),
        sweep: () => Promise.resolve(0),
        forget() {},
        close: () => Promise.resolve(),
      },
      idempotency: createIdempotency({ db, answers }),
      dependencies: [],
      waitingIn: db.waitingIn,
      identify: () =>
        Promise.resolve({
          userId: USER,
          platformRole: 'user',
          sessionId: 's',
          scopes: [],
          accountId: ACCOUNT,
        }),
      roleOf: () => Promise.resolve('owner'),
      admit: () => Promise.resolve({ kind: 'running' }),
    });
    const { url: origin } = await server.listen();
    const clients = await startChild('./clients.ts');
    try {
      return {
        ...(bench.idle ? { idle: await measureIdle(clients, origin, service) } : {}),
        ...(bench.frames
          ? {
              frames_one_by_one: await compareFrames(clients, origin, { ...bench, spread: true }),
              frames_at_once: await compareFrames(clients, origin, { ...bench, spread: false }),
            }
          : {}),
      };
    } finally {
      await clients.stop();
      await server.stop(0);
      await db.close();
    }
  });
}

async function order({ process: child }: Child, asked: ClientOrder): Promise<void> {
  const done = once(child, 'message');
  child.send(asked);
  const [said] = await done;
  if (said !== 'done') throw new Error(String(said));
}

/** `spread`: one in a turn of the event loop, as from a slow provider; otherwise as many as there is room for. */
async function compareFrames(
  clients: Child,
  origin: string,
  { rounds, spread, say }: Pick<FramesBench, 'rounds' | 'say'> & { readonly spread: boolean },
): Promise<Figures> {
  const measure = async (way: 'socket' | 'events') => {
    const before = process.cpuUsage();
    await order(clients, { way, origin, spread, times: FRAMES, calls: ANSWERS });
    const { user, system } = process.cpuUsage(before);
    return (user + system) / (FRAMES * ANSWERS);
  };
  for (const way of ['socket', 'events'] as const) await measure(way);
  const pairs: { frame: number; event: number }[] = [];
  for (let n = 0; n < rounds; n += 1) {
    const pair = { frame: await measure('socket'), event: await measure('events') };
    pairs.push(pair);
    say(`processor time, µs, ${spread ? 'one by one' : 'at once'}: ${JSON.stringify(pair)}`);
  }
  const median = (of: (pair: { frame: number; event: number }) => number) =>
    round(quantile(pairs.map(of), 0.5));
  return {
    frame_us: median(({ frame }) => frame),
    event_us: median(({ event }) => event),
    times_event: median(({ frame, event }) => frame / event),
  };
}

/** What was garbage before the first look must not make room for what comes after it. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
}

/** After a few hundred, so that one-time loading and set-up are not counted. */
async function measureIdle(clients: Child, origin: string, service: { waiting: number }): Promise<Figures> {
  const open = async (calls: number) => {
    const until = service.waiting + calls;
    await order(clients, { way: 'idle', origin, spread: false, times: 0, calls });
    if (service.waiting !== until) throw new Error(`${service.waiting} sockets wait, not ${until}`);
    collectGarbage();
    return residentOf(process.pid);
  };
  const before = await open(500);
  const after = await open(IDLE);
  const each = ((after - before) * 1_048_576) / IDLE;
  return { sockets: IDLE, kilobytes_each: round(each / 1_024), in_a_gigabyte: Math.floor(GIGABYTE / each) };
}
