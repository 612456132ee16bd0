import { addressBlock, AppError, type ProductContext } from 'plinth/product';

/** Calls a minute: of one machine; of a licence, some and more for each seat; and of those from one address, half as many. */
const CALLS = {
  acquire: { machine: 10, license: 600, seat: 20 },
  heartbeat: { machine: 20, license: 600, seat: 20 },
} as const;

export interface RatedCall {
  readonly kind: keyof typeof CALLS;
  readonly licenseId: string;
  readonly seats: number;
  readonly machine: string;
  readonly ip: string;
}

/** Counts a call by its machine, its licence, and the address from which machines of the licence come: these two grow with its seats. */
export function createSessionRates({ rates }: Pick<ProductContext, 'rates'>) {
  return async ({ kind, licenseId, seats, machine, ip }: RatedCall): Promise<void> => {
    const of = CALLS[kind];
    const named = `coditect ${kind} ${licenseId}`;
    const most = of.license + seats * of.seat;
    const limits = ['machine', 'license', 'ip'] as const;
    const verdict = await rates.take([
      { key: `${named} machine ${machine}`, perMinute: of.machine },
      { key: named, perMinute: most },
      { key: `${named} ip ${addressBlock(ip)}`, perMinute: most / 2 },
    ]);
    if (verdict === undefined || verdict.allowed) return;
    throw new AppError('limit_exceeded', {
      message: 'This is called too often. Wait a moment.',
      details: {
        limit: `${kind}s_per_minute_by_${limits[verdict.entry] ?? 'license'}`,
        used: verdict.limit,
        max: verdict.limit,
        resets_at: verdict.resetsAt.toISOString(),
        upgrade: null,
      },
      retryAfter: verdict.seconds,
    });
  };
}
