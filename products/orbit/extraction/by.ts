import type { RunningJob, UserId } from 'plinth/product';
import type { By } from '../changes/service.ts';

/** Who asked for the work of a job: what it changes is theirs. */
export function byOf(job: RunningJob, userId: UserId): By {
  const { accountId, permit, requestId, signal } = job;
  const keyId = permit?.keyId;
  return {
    accountId,
    caller: {
      userId,
      platformRole: 'user',
      scopes: [],
      accountId,
      ...(keyId === undefined ? {} : { keyId }),
    },
    origin: { requestId, ip: '', userAgent: '', traceparent: undefined, signal },
  };
}
