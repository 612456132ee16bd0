/** What the oracle believes that products limit, said a second time: plans' sizes it reads from the rows. */
export interface Product {
  readonly limits: Readonly<Record<string, Rule>>;
  /** What each feature takes. */
  readonly features: Readonly<Record<string, readonly string[]>>;
}

export interface Rule {
  readonly kind: 'quota' | 'credits' | 'burst' | 'sliding' | 'cooldown' | 'concurrency' | 'budget';
  /** Windows of UTC. */
  readonly per?: 'minute' | 'hour' | 'day' | 'month';
}

const CALL = ['calls', 'per_minute', 'concurrent', 'daily_cost'];
const GENERATION = ['generations', 'hourly', 'concurrent', 'daily_cost'];

export const PRODUCTS: ReadonlyMap<string, Product> = new Map<string, Product>([
  [
    'reel',
    {
      limits: {
        generations: { kind: 'quota', per: 'month' },
        hourly: { kind: 'burst', per: 'hour' },
        concurrent: { kind: 'concurrency' },
        daily_cost: { kind: 'budget', per: 'day' },
        regenerate_cooldown: { kind: 'cooldown' },
        full_regenerations: { kind: 'quota', per: 'month' },
      },
      features: {
        generation: GENERATION,
        regeneration_targeted: [...GENERATION, 'regenerate_cooldown'],
        regeneration_full: [...GENERATION, 'regenerate_cooldown', 'full_regenerations'],
      },
    },
  ],
  [
    'gateway',
    {
      limits: {
        calls: { kind: 'quota', per: 'month' },
        per_minute: { kind: 'burst', per: 'minute' },
        concurrent: { kind: 'concurrency' },
        daily_cost: { kind: 'budget', per: 'day' },
      },
      features: { chat: CALL, external: CALL },
    },
  ],
  [
    'adiuva',
    {
      limits: { daily_cost: { kind: 'budget', per: 'day' } },
      features: { chat: ['daily_cost'], step: ['daily_cost'] },
    },
  ],
  [
    // The made-up product of `--decisions`, with a limit of each kind.
    'demo',
    {
      limits: {
        monthly: { kind: 'quota', per: 'month' },
        hourly: { kind: 'burst', per: 'hour' },
        per_minute: { kind: 'burst', per: 'minute' },
        smooth: { kind: 'sliding', per: 'minute' },
        at_once: { kind: 'concurrency' },
        daily_cost: { kind: 'budget', per: 'day' },
        pause: { kind: 'cooldown' },
        coins: { kind: 'credits' },
      },
      features: {
        use: ['monthly', 'hourly', 'per_minute', 'at_once', 'daily_cost'],
        slide: ['monthly', 'smooth', 'at_once'],
        pay: ['coins', 'at_once'],
        draft: ['monthly', 'pause', 'at_once'],
      },
    },
  ],
]);

const LENGTH = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

/** The first instant of the window that an instant lies in; all in milliseconds since 1970. */
export function windowStart(per: Rule['per'], instant: number): number {
  if (per === undefined) return 0;
  if (per !== 'month') return instant - (instant % LENGTH[per]);
  const at = new Date(instant);
  return Date.UTC(at.getUTCFullYear(), at.getUTCMonth());
}
