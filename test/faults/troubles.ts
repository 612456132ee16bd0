import type { OpenAISandbox } from '#sandbox/openai';
import type { Chance } from './chance.ts';
import type { Member } from './fleet.ts';
import type { RedisServer } from '@plinth/testkit/services/redis-server';
import type { FaultServices } from './services.ts';
import type { Outages } from './outages.ts';
import type { LinkName, Trouble } from './schedule.ts';
import { sleep, inTurn } from './turns.ts';

/** More than a lease lasts, in seconds. */
const PAST_LEASE = 31;

export interface FaultContext {
  readonly services: FaultServices;
  readonly members: readonly Member[];
  readonly sandbox: OpenAISandbox;
  readonly outages: Outages;
  /** Where statements are torn. */
  readonly tears: Chance;
  readonly say: (line: string) => void;
}

/** Makes one trouble, and ends it when its time is over; rejects never. */
export async function make(trouble: Trouble, context: FaultContext): Promise<void> {
  context.say(describe(trouble, context));
  try {
    await runTrouble(trouble, context);
  } catch (error) {
    context.say(`a fault could not be made: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function runTrouble(trouble: Trouble, context: FaultContext): Promise<void> {
  switch (trouble.kind) {
    case 'clock':
      return inTurn(context.services.postgres, () => context.services.advance(trouble.seconds));
    case 'database':
      return inTurn(context.services.postgres, () => ofDatabase(trouble, context));
    case 'pooler':
      return ofPooler(trouble, context);
    case 'commits':
      return ofCommits(trouble, context);
    case 'tear':
      return ofTear(trouble, context);
    case 'provider':
      return context.sandbox.faults.next(...trouble.faults);
    case 'redis':
      return ofRedis(trouble, context);
    case 'kill':
    case 'stop':
    case 'pause':
    case 'pause_past_lease':
      return ofProcess(trouble, context);
    case 'cut':
    case 'silence':
    case 'silence_and_cut':
    case 'delay':
      return ofLink(trouble, context);
  }
}

async function ofProcess(
  trouble: Extract<Trouble, { kind: 'kill' | 'stop' | 'pause' | 'pause_past_lease' }>,
  { members, services, outages }: FaultContext,
): Promise<void> {
  const member = members[trouble.member];
  if (member === undefined) return;
  if (trouble.kind === 'kill') return member.signal('SIGKILL');
  if (trouble.kind === 'stop') return member.signal('SIGTERM');
  const isBack = outages.begin('pause', member.name);
  const pause = () => member.signal('SIGSTOP');
  try {
    if (trouble.kind === 'pause') pause();
    else await pastLease(member, { services, pause });
    await sleep(trouble.lasts);
  } finally {
    member.signal('SIGCONT');
    isBack();
  }
}

/** The database must be there to move its time on. */
function pastLease(
  member: Member,
  { services, pause }: { readonly services: FaultServices; readonly pause: () => void },
): Promise<void> {
  return inTurn(services.postgres, async () => {
    pause();
    await services.advance(PAST_LEASE, member.name);
  });
}

async function ofDatabase(
  trouble: Extract<Trouble, { kind: 'database' }>,
  { services: { postgres }, outages }: FaultContext,
): Promise<void> {
  const isBack = outages.begin('database');
  await postgres.end(trouble.how);
  await sleep(trouble.lasts);
  await postgres.start();
  isBack();
}

async function ofPooler({ lasts }: Trouble, { services: { pooler }, outages }: FaultContext): Promise<void> {
  if (pooler === undefined) return;
  await inTurn(pooler, async () => {
    const isBack = outages.begin('database');
    await pooler.kill();
    await sleep(lasts);
    await pooler.start();
    isBack();
  });
}

async function ofCommits(
  { member: index, share, lasts }: Extract<Trouble, { kind: 'commits' }>,
  { members, outages }: FaultContext,
): Promise<void> {
  const member = members[index];
  if (member === undefined) return;
  await inTurn(member.commits, async () => {
    const isBack = outages.begin('database', member.name);
    member.commits.probability = share;
    await sleep(lasts);
    member.commits.probability = 0;
    isBack();
  });
}

/** The end of a statement is a message of five bytes: without it what was said is done, and not committed. */
const SYNC = 5;

async function ofTear(
  { member: index, arrives, lasts }: Extract<Trouble, { kind: 'tear' }>,
  { members, outages, tears }: FaultContext,
): Promise<void> {
  const member = members[index];
  if (member === undefined) return;
  // Others that need its rows wait too.
  const isBack = outages.begin('database');
  member.database.silence(({ length }) => (tears.happens(0.5) ? length - SYNC : tears.between(1, length)));
  await sleep(lasts);
  if (!arrives) member.database.cut();
  member.database.resume();
  isBack();
}

async function ofLink(
  trouble: Extract<Trouble, { kind: 'cut' | 'silence' | 'silence_and_cut' | 'delay' }>,
  { members, outages }: FaultContext,
): Promise<void> {
  const member = members[trouble.member];
  const link = member?.[trouble.link];
  if (link === undefined) return;
  const isBack = isCounted(trouble.link) ? outages.begin(trouble.link, member?.name) : () => {};
  if (trouble.kind === 'delay') link.delay = trouble.delay;
  else if (trouble.kind !== 'cut') link.silence();
  if (trouble.kind !== 'cut') await sleep(trouble.lasts);
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
  { services: { redis } }: FaultContext,
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
    await sleep(trouble.lasts);
    return redis.resume();
  }
  await redis.kill();
  await sleep(trouble.lasts);
  await redis.start();
}

function describe(trouble: Trouble, { members }: FaultContext): string {
  const { kind, at, lasts, ...more } = trouble;
  const whom = 'member' in more ? ` ${members[more.member]?.name}` : '';
  const what = Object.entries(more)
    .filter(([name]) => name !== 'member')
    .map(([, value]) => (typeof value === 'string' ? value : JSON.stringify(value)));
  return `${(at / 1_000).toFixed(1)} s: ${[`${kind}${whom}`, ...what, `${lasts} ms`].join(' ')}`;
}
