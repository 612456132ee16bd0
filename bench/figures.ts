/** What a bench answers: one object, printed as the last line with --json. */
export type Figures = Readonly<Record<string, unknown>>;

/** The value at a share of all, by the nearest rank; NaN of nothing. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** To three digits: benches are not more exact than that. */
export function round(value: number): number {
  return Number(value.toPrecision(3));
}
