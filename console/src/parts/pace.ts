interface Used {
  readonly used: number;
  readonly max: number | null;
  readonly resets_at: string | null;
}

const DAYS: Readonly<Record<string, number>> = { day: 1, week: 7, month: 30 };
/** The share of a window that must be over before its pace says something. */
const EARLY = 0.1;

/** The time at which a limit is used up at the pace of its present window; undefined: it begins anew before, or the window is unknown. */
export function fullAt(
  { used, max, resets_at: end }: Used,
  per: string | null,
  now: number,
): string | undefined {
  const length = (DAYS[per ?? ''] ?? 0) * 86_400_000;
  if (max === null || used >= max || end === null || length === 0) return undefined;
  const start = Date.parse(end) - length;
  const over = now - start;
  if (over < length * EARLY || used === 0) return undefined;
  const full = start + (over * max) / used;
  return full < Date.parse(end) ? new Date(full).toISOString() : undefined;
}
