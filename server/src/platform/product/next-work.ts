import type { Statement } from '#platform/db';
import { AppError, type JobId } from '#platform/kernel';
import type { Permit } from '#platform/limits';
import type { ProductContext } from './product-context.ts';

/** A job that goes on where a call ends. */
export interface NextWorkRequest {
  /** The job of the product, and the feature that it is charged by. */
  readonly name: string;
  readonly payload: Readonly<Record<string, string>>;
  /** A bound on what it puts into a prompt. */
  readonly textBytes: number;
}

/** The statements that enqueue it with a permit of its own, for the commit of what it goes on with. */
export interface NextWork {
  readonly enqueueing: readonly Statement[];
  /** That commit failed: nothing is held for it. Should its job be there all the same, the permit is the job's, and this changes nothing. */
  giveBack(): Promise<void>;
}

/** Has a job go on with what a call made, in the caller's name. Undefined where no limit has room for it. */
export async function nextWork(
  { ids, jobs, plan }: ProductContext,
  { accountId, userId, keyId, requestId, product }: Permit,
  { name, payload, textBytes }: NextWorkRequest,
): Promise<NextWork | undefined> {
  const spender = { userId, ...(keyId === undefined ? {} : { keyId }) };
  const wish = { accountId, spender, feature: name, as: 'job', textBytes, requestId } as const;
  try {
    const permit = await plan.permit(wish);
    const work = { id: ids.next<JobId>(), kind: `${product}.${name}`, lane: 'batch' } as const;
    return {
      enqueueing: jobs.enqueueing(accountId, { ...work, payload, requestId, permit }),
      giveBack: () => permit.abandon('not handed on').catch(() => {}),
    };
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}
