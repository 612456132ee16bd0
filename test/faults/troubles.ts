import type { OpenAISandbox } from '#sandbox/openai';
import type { Member } from './fleet.ts';
import type { RedisServer } from '../services/redis-server.ts';
import type { Ground } from './ground.ts';
import type { Trouble } from './schedule.ts';

/** More than a lease lasts, in seconds. */
const PAST_LEASE = 31;

export interface Scene {
  readonly ground: Ground;
  readonly members: readonly Member[];
  readonly sandbox: OpenAISandbox;
  readonly say: (line: string) => void;
}

/** Makes one trouble, and ends it when its time is over; rejects never. */
export async function make(trouble: Trouble, scene: Scene): Promise<void> {
  scene.say(describe(trouble, scene));
  try {
    await done(trouble, scene);
  } catch (error) {
    scene.say(`a fault could not be made: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function done(trouble: Trouble, scene: Scene): Promise<void> {
  switch (trouble.kind) {
    case 'clock':
      return scene.ground.advance(trouble.seconds);
    case 'provider':
      return scene.sandbox.faults.next(...trouble.faults);
    case 'redis':
      return ofRedis(trouble, scene);
    case 'kill':
    case 'stop':
    case 'pause':
    case 'pause_past_lease':
      return ofProcess(trouble, scene);
    case 'cut':
    case 'silence':
    case 'silence_and_cut':
    case 'delay':
      return ofLink(trouble, scene);
  }
}

async function ofProcess(
  trouble: Extract<Trouble, { kind: 'kill' | 'stop' | 'pause' | 'pause_past_lease' }>,
  { members, ground }: Scene,
): Promise<void> {
  const member = members[trouble.member];
  if (member === undefined) return;
  if (trouble.kind === 'kill') return member.signal('SIGKILL');
  if (trouble.kind === 'stop') return member.signal('SIGTERM');
  member.signal('SIGSTOP');
  if (trouble.kind === 'pause_past_lease') await ground.advance(PAST_LEASE, member.name);
  await after(trouble.lasts);
  member.signal('SIGCONT');
}

async function ofLink(
  trouble: Extract<Trouble, { kind: 'cut' | 'silence' | 'silence_and_cut' | 'delay' }>,
  { members }: Scene,
): Promise<void> {
  const link = members[trouble.member]?.[trouble.link];
  if (link === undefined) return;
  if (trouble.kind === 'cut') return link.cut();
  if (trouble.kind === 'delay') {
    link.delay = trouble.delay;
    await after(trouble.lasts);
    link.delay = [0, 0];
    return;
  }
  link.silence();
  await after(trouble.lasts);
  if (trouble.kind === 'silence_and_cut') link.cut();
  link.resume();
}

/** The last trouble of each Redis: one that is stopped by one trouble and started by another would stay stopped. */
const redisTroubles = new WeakMap<RedisServer, Promise<void>>();

async function ofRedis(
  trouble: Extract<Trouble, { kind: 'redis' }>,
  { ground: { redis } }: Scene,
): Promise<void> {
  if (redis === undefined) return;
  const before = redisTroubles.get(redis) ?? Promise.resolve();
  const mine = before.catch(() => {}).then(() => makeRedisTrouble(trouble, redis));
  redisTroubles.set(redis, mine);
  await mine;
}

async function makeRedisTrouble(
  trouble: Extract<Trouble, { kind: 'redis' }>,
  redis: RedisServer,
): Promise<void> {
  if (trouble.how === 'flush') return void (await redis.command('flushall'));
  if (trouble.how === 'pause') {
    redis.pause();
    await after(trouble.lasts);
    return redis.resume();
  }
  await redis.kill();
  await after(trouble.lasts);
  await redis.start();
}

export function after(milliseconds: number): Promise<void> {
  return new Promise((go) => setTimeout(() => go(), milliseconds));
}

function describe(trouble: Trouble, { members }: Scene): string {
  const { kind, at, lasts, ...more } = trouble;
  const whom = 'member' in more ? ` ${members[more.member]?.name}` : '';
  const what = Object.entries(more)
    .filter(([name]) => name !== 'member')
    .map(([, value]) => (typeof value === 'string' ? value : JSON.stringify(value)));
  return `${(at / 1_000).toFixed(1)} s: ${[`${kind}${whom}`, ...what, `${lasts} ms`].join(' ')}`;
}
