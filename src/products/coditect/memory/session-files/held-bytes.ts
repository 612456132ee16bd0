import { AppError, type AccountId } from '#platform/kernel';

/** Bytes of files that a process holds at a time, and those of one account: each is sealed, and opened, as a whole. */
const MOST = { process: 256_000_000, account: 85_000_000 };

/** Has work done that takes bytes into memory as they come. `take` throws `unavailable` where there is no room for them. */
export function createHeldBytes() {
  const held = new Map<AccountId, number>();
  let all = 0;
  return async <T>(accountId: AccountId, work: (take: (bytes: number) => void) => Promise<T>): Promise<T> => {
    let own = 0;
    const change = (bytes: number): void => {
      own += bytes;
      all += bytes;
      held.set(accountId, (held.get(accountId) ?? 0) + bytes);
      if (held.get(accountId) === 0) held.delete(accountId);
    };
    const take = (bytes: number): void => {
      if (all + bytes > MOST.process || (held.get(accountId) ?? 0) + bytes > MOST.account)
        throw new AppError('unavailable', { message: 'Too many files are on their way.', retryAfter: 1 });
      change(bytes);
    };
    return work(take).finally(() => change(-own));
  };
}
