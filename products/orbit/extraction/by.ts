import type { RunningJob, UserId } from 'plinth/product';
import type { By } from '../changes/service.ts';

/** The member who asked for the work of a job: its changes are theirs. */
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
