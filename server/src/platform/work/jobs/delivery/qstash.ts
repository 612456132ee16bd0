import { assertOutsideTransaction, dispatchPoint, type CrashHook } from '#platform/db';
import type { AccountId, JobId } from '#platform/kernel';
import { z } from 'zod';
import { DELIVERY_PATH, LONGEST_DELIVERY, RETRIES } from './message.ts';

const PUBLISH = dispatchPoint(
  'jobs.publish',
  'jobs are announced to QStash (after: it has them, and this is not written down yet)',
);

/** A job that is to be announced: with fence and number it is announced once. */
export interface Announcement {
  readonly account: AccountId;
  readonly job: JobId;
  readonly fence: number;
  readonly number: number;
}

export interface QStashParts {
  readonly url: string;
  readonly token: string;
  /** The origin that jobs are delivered to. */
  readonly target: string;
  /** Deliveries that may be under way at once. */
  readonly parallelism: number;
  readonly crashHook?: CrashHook | undefined;
}

/** Publishes jobs; answers those that QStash has taken. Throws when it could not be asked, or refused them all. */
export type Publish = (announcements: readonly Announcement[]) => Promise<JobId[]>;

/** Milliseconds for one call of the API. */
const PATIENCE = 10_000;

const receipts = z.array(z.object({ messageId: z.string().optional(), error: z.string().optional() }));

/**
 * The publishing half of QStash's API (https://upstash.com/docs/qstash/api/messages/batch). Its official client brings
 * another settings reader, another jose and a server for development along (docs/decisions/0011).
 */
export function createPublish(parts: QStashParts): Publish {
  const destination = parts.target + DELIVERY_PATH;
  const headers = {
    'content-type': 'application/json',
    'upstash-method': 'POST',
    'upstash-retries': String(RETRIES.count),
    'upstash-retry-delay': RETRIES.delay,
    'upstash-timeout': `${LONGEST_DELIVERY}s`,
    // One key for all jobs of this installation: how they are mixed is decided by the order in which they are announced.
    'upstash-flow-control-key': `plinth-${new URL(destination).host.replace(/[^\w.-]/g, '-')}`,
    'upstash-flow-control-value': `parallelism=${parts.parallelism}`,
  };
  return async (announcements) => {
    const messages = announcements.map(({ account, job, fence, number }) => ({
      destination,
      headers: { ...headers, 'upstash-deduplication-id': `${job}-${fence}-${number}` },
      body: JSON.stringify({ account_id: account, job_id: job }),
    }));
    assertOutsideTransaction('QStash');
    parts.crashHook?.(PUBLISH, 'before');
    const response = await fetch(`${parts.url}/v2/batch`, {
      method: 'POST',
      headers: { authorization: `Bearer ${parts.token}`, 'content-type': 'application/json' },
      body: JSON.stringify(messages),
      signal: AbortSignal.timeout(PATIENCE),
    });
    const text = await response.text();
    parts.crashHook?.(PUBLISH, 'after');
    if (!response.ok)
      throw new Error(`QStash answered with status ${response.status}: ${text.slice(0, 200)}`);
    const taken = receipts.parse(JSON.parse(text));
    return announcements.flatMap(({ job }, at) => (taken[at]?.messageId === undefined ? [] : [job]));
  };
}
