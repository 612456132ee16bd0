import { randomUUID } from 'node:crypto';
import { type Redis, scriptIn } from '#platform/redis';
import type { SlotLimit } from './slots.ts';
import type { Timers } from '../timers.ts';

const SLOTS = scriptIn(new URL('./slots.lua', import.meta.url));
/** A lease ends by itself after this time, so that a process that dies gives its slots back. Milliseconds. */
const LASTS = 30_000;
const RENEW_EVERY = 10_000;
/** The channel on which all processes hear that a slot is free. */
const FREED = 'slots';

/** A slot in each of some slot limits, counted in Redis over all processes. */
export interface Lease {
  /** Unique: a lease is ended only by the process that took it. */
  readonly id: string;
  readonly keys: readonly string[];
}

export interface Leases {
  /** A lease in all these limits or in none; undefined when one has no room. Rejects when Redis has no answer. */
  take(limits: readonly SlotLimit[]): Promise<Lease | undefined>;
  /** Ends it; while Redis is away it ends by itself. */
  release(lease: Lease): void;
  /** Receives messages about slots that became free, in any process; some may be lost. */
  onFreed(hear: () => void): void;
  close(): void;
}

/** Leases in Redis. Those of calls under way are renewed together, three times in the life of one. */
export function createLeases({ redis, timers }: { readonly redis: Redis; readonly timers: Timers }): Leases {
  const held = new Set<Lease>();
  const subscriptions: (() => void)[] = [];
  let cancel = renewLater();

  function renewLater(): () => void {
    return timers.after(RENEW_EVERY, () => {
      const each = [...held].flatMap(({ id, keys }) => keys.map((key) => ({ id, key })));
      const [keys, ids] = [each.map(({ key }) => key), each.map(({ id }) => id)];
      // One that is lost is made good by the next.
      if (each.length > 0) redis.run(SLOTS, keys, ['renew', LASTS, ...ids]).catch(() => {});
      cancel = renewLater();
    });
  }

  async function end({ id, keys }: Lease): Promise<void> {
    await redis.run(SLOTS, keys, ['release', LASTS, id]);
    await redis.publish(FREED, '');
  }

  return {
    async take(limits) {
      const lease = { id: randomUUID(), keys: limits.map(keyOf) };
      const sizes = limits.map(({ limit }) => limit);
      try {
        if ((await redis.run(SLOTS, lease.keys, ['take', LASTS, lease.id, ...sizes])) !== 1) return undefined;
      } catch (error) {
        // It may have been taken all the same.
        end(lease).catch(() => {});
        throw error;
      }
      held.add(lease);
      return lease;
    },
    release(lease) {
      held.delete(lease);
      end(lease).catch(() => {});
    },
    onFreed: (hear) => void subscriptions.push(redis.subscribe(FREED, hear)),
    close() {
      cancel();
      for (const unsubscribe of subscriptions) unsubscribe();
    },
  };
}

function keyOf({ provider, model, lane }: SlotLimit): string {
  return `slots:${provider}/${model}:${lane ?? '*'}`;
}
