import { namedObject } from '#platform/http';
import { z } from 'zod';

/** Where QStash delivers to. */
export const DELIVERY_PATH = '/worker/generate';
/** Seconds that a delivery may take, for QStash; a job has 120. The route gives up a little later. */
export const LONGEST_DELIVERY = 240;
/**
 * QStash's own tries after the first, 2, 8 and 32 seconds later when the answer does not say: they are for a process that
 * was away or full. What a job needs beyond them is announced anew.
 */
export const RETRIES = { count: 3, delay: '2000 * pow(4, retried)' } as const;

const uuid = z.uuid();
/** A message: ids alone. */
export const messageSchema = namedObject('JobMessage', { account_id: uuid, job_id: uuid });
