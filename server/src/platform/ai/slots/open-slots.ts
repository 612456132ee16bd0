import { ConfigError } from '#platform/config';
import type { Clock } from '#platform/kernel';
import type { Fleet } from '#platform/limits';
import type { Redis } from '#platform/redis';
import type { AiMetrics } from '../ports.ts';
import type { Providers } from '../providers/providers.ts';
import type { Timers } from '../timers.ts';
import { createLeases } from './leases.ts';
import { createRedisSlots } from './slots.redis.ts';
import { createSlots, type SlotLimit, type Slots } from './slots.ts';

interface SlotSettings {
  readonly slots?: readonly SlotLimit[] | undefined;
  readonly fleet?: (() => Fleet) | undefined;
  readonly redis?: Redis | undefined;
  readonly clock: Clock;
  readonly metrics?: AiMetrics | undefined;
}

/** A limit that matches no model would leave the intended one unlimited: throws ConfigError. */
export function assertSlots(limits: readonly SlotLimit[] = [], providers: Providers): void {
  const stray = limits.find(({ provider, model }) => !providers.has(provider, model));
  if (stray !== undefined)
    throw new ConfigError([
      `AI_SLOTS: slots are set for ${stray.provider}/${stray.model}, which no configured provider has.`,
    ]);
}

/** The slots of the settings. */
export function openSlots(
  { slots: limits = [], fleet = () => ({ holders: 1, older: 0 }), redis, clock, metrics }: SlotSettings,
  { timers }: { readonly timers: Timers },
): { readonly slots: Slots; close(): void } | undefined {
  if (limits.length === 0) return undefined;
  const shares = createSlots({ limits, fleet, clock, timers, metrics });
  if (redis === undefined) return { slots: shares, close() {} };
  const leases = createLeases({ redis, timers });
  const shared = createRedisSlots({ limits, leases, shares, clock, timers, metrics });
  return { slots: shared, close: () => leases.close() };
}
