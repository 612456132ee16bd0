import { type Answer, answer } from '#platform/http';
import type { SpendingCall } from './admission.ts';

/** The answer to a repeat of an Idempotency-Key, and whether the route made it anew: what was kept long ago is not held against its schema. */
export async function repeated(
  { route, input, context }: SpendingCall,
  kept: Answer,
  service: unknown,
): Promise<{ readonly result: Answer; readonly isNew: boolean }> {
  const replay = route.shape.spends?.replay;
  if (replay === undefined) return { result: kept, isNew: false };
  const { accountId } = context;
  const made = await replay({ ...input, accountId, kept: kept.body } as never, service as never);
  return { result: answer(kept.status, made, kept.headers), isNew: true };
}
