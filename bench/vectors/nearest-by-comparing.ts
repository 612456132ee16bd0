interface Made {
  readonly embed: () => number[];
  readonly count: number;
  readonly k: number;
}

/** The true neighbours of queries among vectors that are made one by one, in full precision. Their ids count from `v0`. */
export function nearestByComparing(
  queries: readonly (readonly number[])[],
  { embed, count, k }: Made,
): { readonly query: readonly number[]; readonly nearest: ReadonlySet<string> }[] {
  const units = queries.map(unitOf);
  const best = queries.map((): { readonly n: number; readonly score: number }[] => []);
  for (let n = 0; n < count; n += 1) {
    const vector = unitOf(embed());
    for (const [at, top] of best.entries()) {
      const score = dot(units[at] ?? vector, vector);
      if (top.length === k && score <= (top.at(-1)?.score ?? 0)) continue;
      top.push({ n, score });
      top.sort((a, b) => b.score - a.score);
      top.length = Math.min(top.length, k);
    }
  }
  return queries.map((query, at) => ({ query, nearest: new Set(best[at]?.map(({ n }) => `v${n}`)) }));
}

function unitOf(values: readonly number[]): Float32Array {
  const length = Math.hypot(...values);
  return Float32Array.from(values, (value) => value / length);
}

function dot(left: Float32Array, right: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < left.length; at += 1) sum += (left[at] ?? 0) * (right[at] ?? 0);
  return sum;
}
