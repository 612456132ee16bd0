import type { CrashHook } from '#platform/db';
import type { Clock, Random } from '#platform/kernel';
import type { Fleet } from '#platform/limits';
import type { Redis } from '#platform/redis';
import type { BreakerSettings } from './providers/breaker.ts';
import type { HealthParts } from './providers/health.ts';
import type { PolicyInput } from './policy.ts';
import type { AiLogger, AiMetrics } from './ports.ts';
import type { Prices } from './metering/prices.ts';
import type { OwnKeyParts } from './own-keys/own-keys.ts';
import type { Prompts } from './prompts.ts';
import type { Signals } from './providers/keys.ts';
import type { Alias } from './providers/routes.ts';
import type { UpstreamOptions } from './providers/providers.ts';
import type { Timers } from './timers.ts';
import type { Findings, SafetyMetrics } from './safety/findings.ts';
import type { StoredRoutesParts } from './stored-routes/stored-routes.ts';
import type { SlotLimit } from './slots/slots.ts';

/** Settings that may change while the program runs. */
export interface AiChoices {
  /** Those that there were, when not said. */
  readonly upstreams?: readonly UpstreamOptions[];
  readonly prices: Prices;
  /** Names of the operator's own, each a chain of `provider/model` or a route. */
  readonly aliases?: Readonly<Record<string, Alias>>;
  /** By provider, in place of what its upstream lists. */
  readonly models?: Readonly<Record<string, readonly string[]>>;
  /** Configuration that lies over the policies. */
  readonly policyOverrides?: unknown;
  /** Fields of chat requests beyond the table that the operator lets through. */
  readonly allowedFields?: readonly string[];
  /** By the provider at which accounts may have keys of their own: percent of the price that their calls cost. */
  readonly ownKeys?: Readonly<Record<string, { readonly fee: number }>>;
}

export interface AiParts extends AiChoices {
  readonly upstreams: readonly UpstreamOptions[];
  /** Routes that operators stored, as they are found at the start. */
  readonly stored?: ReadonlyMap<string, unknown> | undefined;
  /** The place of stored routes; undefined: there is none. */
  readonly storedIn?: StoredRoutesParts | undefined;
  /** By `product.feature`, as products declare them. */
  readonly policies: Readonly<Record<string, PolicyInput>>;
  /** By product. */
  readonly prompts?: Readonly<Record<string, Prompts>>;
  readonly breaker?: BreakerSettings;
  /** How many calls may be under way at once, over all processes; none: as many as come. */
  readonly slots?: readonly SlotLimit[] | undefined;
  /** The processes that share the slots; none: this one alone. */
  readonly fleet?: (() => Fleet) | undefined;
  /** Asked right before each call goes out: whether others still count with what this process holds. Always, when not said. */
  readonly maySend?: (() => boolean) | undefined;
  /** Counts the slots over all processes; none, or away: each keeps its share. */
  readonly redis?: Redis | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly timers?: Timers;
  readonly logger?: AiLogger | undefined;
  readonly metrics?: (AiMetrics & Partial<SafetyMetrics>) | undefined;
  /** Where what the safety part finds is kept. */
  readonly findings?: Findings | undefined;
  /** Tells other processes which keys of providers cool. */
  readonly signals?: Signals | undefined;
  /** The place of accounts' keys at providers. */
  readonly ownKeyParts?: OwnKeyParts | undefined;
  /** Parts that the health of providers is read by. */
  readonly health?: HealthParts | undefined;
  /** false: no second check of texts, although a provider offers one. */
  readonly moderation?: boolean;
  readonly crashHook?: CrashHook | undefined;
}
