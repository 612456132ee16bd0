import type { OpenAISandbox } from '#sandbox/openai';
import type { Member } from './fleet.ts';
import type { RedisServer } from '../services/redis-server.ts';
import type { Ground } from './ground.ts';
import type { Outages } from './outages.ts';
import type { LinkName, Trouble } from './schedule.ts';
import { after, inTurn } from './turns.ts';

/** More than a lease lasts, in seconds. */
const PAST_LEASE = 31;

export interface Scene {
  readonly ground: Ground;
  readonly members: readonly Member[];
  readonly sandbox: OpenAISandbox;
  readonly outages: Outages;
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
      return inTurn(scene.ground.postgres, () => scene.ground.advance(trouble.seconds));
    case 'database':
      return inTurn(scene.ground.postgres, () => ofDatabase(trouble, scene));
    case 'pooler':
      return ofPooler(trouble, scene);
    case 'commits':
      return ofCommits(trouble, scene);
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
  { members, ground, outages }: Scene,
): Promise<void> {
  const member = members[trouble.member];
  if (member === undefined) return;
  if (trouble.kind === 'kill') return member.signal('SIGKILL');
  if (trouble.kind === 'stop') return member.signal('SIGTERM');
  const isBack = outages.begin('pause', member.name);
  const pause = () => member.signal('SIGSTOP');
  try {
    if (trouble.kind === 'pause') pause();
    else await pastLease(member, { ground, pause });
    await after(trouble.lasts);
  } finally {
    member.signal('SIGCONT');
    isBack();
  }
}

/** The database must be there to move its time on. */
function pastLease(
  member: Member,
  { ground, pause }: { readonly ground: Ground; readonly pause: () => void },
): Promise<void> {
  return inTurn(ground.postgres, async () => {
    pause();
    await ground.advance(PAST_LEASE, member.name);
  });
}

async function ofDatabase(
  trouble: Extract<Trouble, { kind: 'database' }>,
  { ground: { postgres }, outages }: Scene,
): Promise<void> {
  const isBack = outages.begin('database');
  await postgres.end(trouble.how);
  await after(trouble.lasts);
  await postgres.start();
  isBack();
}

async function ofPooler({ lasts }: Trouble, { ground: { pooler }, outages }: Scene): Promise<void> {
  if (pooler === undefined) return;
  await inTurn(pooler, async () => {
    const isBack = outages.begin('database');
    await pooler.kill();
    await after(lasts);
    await pooler.start();
    isBack();
  });
}

async function ofCommits(
  { member: place, share, lasts }: Extract<Trouble, { kind: 'commits' }>,
  { members, outages }: Scene,
): Promise<void> {
  const member = members[place];
  if (member === undefined) return;
  await inTurn(member.commits, async () => {
    const isBack = outages.begin('database', member.name);
    member.commits.probability = share;
    await after(lasts);
    member.commits.probability = 0;
    isBack();
  });
}

async function ofLink(
  trouble: Extract<Trouble, { kind: 'cut' | 'silence' | 'silence_and_cut' | 'delay' }>,
  { members, outages }: Scene,
): Promise<void> {
  const member = members[trouble.member];
  const link = member?.[trouble.link];
  if (link === undefined) return;
  const isBack = isCounted(trouble.link) ? outages.begin(trouble.link, member?.name) : () => {};
  if (trouble.kind === 'delay') link.delay = trouble.delay;
  else if (trouble.kind !== 'cut') link.silence();
  if (trouble.kind !== 'cut') await after(trouble.lasts);
  if (trouble.kind === 'silence_and_cut' || trouble.kind === 'cut') link.cut();
  if (trouble.kind === 'delay') link.delay = [0, 0];
  else if (trouble.kind !== 'cut') link.resume();
  isBack();
}

/** Without Redis everything goes on, and a way in front that breaks is the end of a request. */
function isCounted(link: LinkName): link is 'database' | 'provider' {
  return link === 'database' || link === 'provider';
}

async function ofRedis(
  trouble: Extract<Trouble, { kind: 'redis' }>,
  { ground: { redis } }: Scene,
): Promise<void> {
  if (redis !== undefined) await inTurn(redis, () => makeRedisTrouble(trouble, redis));
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

function describe(trouble: Trouble, { members }: Scene): string {
  const { kind, at, lasts, ...more } = trouble;
  const whom = 'member' in more ? ` ${members[more.member]?.name}` : '';
  const what = Object.entries(more)
    .filter(([name]) => name !== 'member')
    .map(([, value]) => (typeof value === 'string' ? value : JSON.stringify(value)));
  return `${(at / 1_000).toFixed(1)} s: ${[`${kind}${whom}`, ...what, `${lasts} ms`].join(' ')}`;
}
