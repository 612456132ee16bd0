import type { Statement } from '#platform/db';

/** The room that an account's plans have for members. Limits lie above accounts: `app.ts` hands it in. */
export interface MemberCapacity {
  /** Asks whether so many more members have room (0: those who are there now); without room the transaction is undone. */
  check(more: 0 | 1): readonly Statement[];
  /** The error that a caller is answered when there was no capacity; everything else stays what it is. */
  refusal(error: unknown): unknown;
}

/** Does what asks for capacity, and says why there was none. */
export async function explainingRefusal<T>(capacity: MemberCapacity, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw capacity.refusal(error);
  }
}
