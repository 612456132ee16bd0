import { v7 } from 'uuid';
import type { Clock } from './clock.ts';
import type { Random } from './random.ts';

/** A string that the compiler keeps apart from other strings: an account's id can't stand in a user's place. */
export type Branded<Name extends string> = string & { readonly __brand: Name };
export type AccountId = Branded<'AccountId'>;
export type UserId = Branded<'UserId'>;
export type KeyId = Branded<'KeyId'>;
export type PermitId = Branded<'PermitId'>;
export type UsageEventId = Branded<'UsageEventId'>;
export type HolderId = Branded<'HolderId'>;
export type JobId = Branded<'JobId'>;

export interface Ids {
  /** A UUIDv7: sorts by the time it was made, so that inserts stay at the end of an index. */
  next<T extends string = string>(): T;
}

export function createIds(parts: { clock: Clock; random: Random }): Ids {
  let last = 0;
  let sequence = 0;
  return {
    next<T extends string>(): T {
      const now = parts.clock.now();
      // A driven clock may stand still or step back: the sequence keeps ids of one process in order.
      if (now > last) {
        last = now;
        sequence = 0;
      } else {
        sequence += 1;
      }
      return v7({ msecs: last, seq: sequence, random: parts.random.bytes(16) }) as unknown as T;
    },
  };
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a string is a UUID of any version, as path parameters and headers must be before they reach SQL. */
export function isUuid(value: string): boolean {
  return UUID.test(value);
}
