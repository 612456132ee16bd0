import { type AccountId, AppError } from 'plinth/product';
import { z } from 'zod';

/** Which workspace a call means, beside its X-Account-Id; for clients that name it in bodies and queries. */
export const workspaceId = z
  .uuid()
  .optional()
  .describe('The workspace; it must be the account that the call is for.');

/** Throws `workspace_mismatch` where a call names another workspace than it is for. */
export function agrees(named: string | undefined, accountId: AccountId): void {
  if (named !== undefined && named.toLowerCase() !== accountId) throw new AppError('workspace_mismatch');
}
