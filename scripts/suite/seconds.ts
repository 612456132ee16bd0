import type { Timing } from './outcomes.ts';

/**
 * Seconds that the tests of a folder may take in all passes together, one file after the other, on two cores at 2.5 GHz. They
 * are printed, and fail nothing: another machine is slower. A product has 75; what is not named has the last line's.
 */
const BUDGETS: Readonly<Record<string, number>> = {
  'src/platform/ai': 45,
  'src/platform/limits': 60,
  'src/platform/jobs': 60,
  'src/platform/db': 45,
  'src/products/reel + test/reel': 75,
  'src/main': 60,
  'test/billing + test/selling': 90,
  'test/crash': 150,
  'test/identity': 60,
  'test/process': 60,
  'test/walkers': 180,
};
const OTHERWISE = 30;

/** A product's own tests lie in two folders, and money's as well. */
const JOINED: Readonly<Record<string, string>> = {
  'src/products/reel': 'src/products/reel + test/reel',
  'test/reel': 'src/products/reel + test/reel',
  'test/billing': 'test/billing + test/selling',
  'test/selling': 'test/billing + test/selling',
};

/** Lines that tell where the time of a suite went, by group and by folder, the longest first. */
export function tellSeconds(timings: readonly Timing[]): string[] {
  const groups = summed(timings, ({ group }) => group);
  const folders = summed(timings, ({ file }) => folderOf(file));
  const lines = folders
    .filter(({ seconds }) => seconds >= 1)
    .map(({ key, seconds }) => {
      const budget = BUDGETS[key] ?? OTHERWISE;
      return `${seconds.toFixed(0).padStart(5)} of ${String(budget).padStart(3)} s  ${key}${seconds > budget ? '  OVER ITS BUDGET' : ''}`;
    });
  return [
    `seconds: ${groups.map(({ key, seconds }) => `${key} ${seconds.toFixed(0)}`).join(', ')}`,
    ...lines,
  ];
}

function summed(timings: readonly Timing[], keyOf: (timing: Timing) => string) {
  const sums = new Map<string, number>();
  for (const timing of timings) sums.set(keyOf(timing), (sums.get(keyOf(timing)) ?? 0) + timing.seconds);
  return [...sums].map(([key, seconds]) => ({ key, seconds })).sort((a, b) => b.seconds - a.seconds);
}

/** `src/platform/limits`, `src/products/reel`, `test/sdk`; a file that lies above these is itself. */
function folderOf(file: string): string {
  const parts = file.split('/');
  const depth =
    parts[0] === 'sandboxes' || (parts[0] === 'src' && (parts[1] === 'platform' || parts[1] === 'products'))
      ? 3
      : 2;
  const folder = parts.slice(0, Math.min(depth, parts.length - 1)).join('/');
  const name =
    folder === 'src' || folder === 'test'
      ? parts
          .slice(0, 2)
          .join('/')
          .replace(/\.test\.ts$/, '')
      : folder;
  return JOINED[name] ?? name;
}
