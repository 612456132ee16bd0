import { isRecord, PlinthError } from './errors.ts';

/** What ids begin with of what is kept on the machine. */
export const LOCAL_ID = 'local-';

/** Whether an item is kept on the machine. */
export const isLocalId = (id: string): boolean => id.startsWith(LOCAL_ID);

/** Throws for a call that would upload what is to stay on the machine. */
export function assertNotLocal(given: unknown): void {
  const { params, body } = isRecord(given) ? given : {};
  const isOfLocal = isRecord(params) && Object.values(params).some((id) => isLocalId(String(id)));
  if (!isOfLocal && !isFlagged(body)) return;
  throw new PlinthError({
    code: 'local_only',
    message: 'What is local_only is never sent. Keep it by `withLocalMemory` of @plinth/sdk/local-memory.',
    status: 0,
  });
}

function isFlagged(body: unknown): boolean {
  if (!isRecord(body)) return false;
  const messages: readonly unknown[] = Array.isArray(body['messages']) ? body['messages'] : [];
  return [body, ...messages].some((item) => isRecord(item) && 'local_only' in item);
}
