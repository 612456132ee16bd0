import type { Timing } from './outcomes.ts';

/**
 * Seconds that the tests of a folder may take in all passes together, on two cores at 2.5 GHz with three workers that share
 * them: what they took there, and some more. They are printed, and fail nothing: another machine is slower. A product has 75;
 * what is not named has the last line's. The longest start programs, each a second of CPU (`test/process`, `server/src/main`, and
 * `test/crash` one for each commit and side of it), call every route in every way that a rule has (`test/walkers`), tell a
 * story of a store in each of its orders (`test/billing`), or hash passwords (`test/identity`).
 */
const BUDGETS: Readonly<Record<string, number>> = {
  'server/src/platform/ai': 80,
  'server/src/platform/base/db': 110,
  'server/src/platform/people/identity': 40,
  'server/src/platform/work/jobs': 80,
  'server/src/platform/limits': 130,
  'products/adiuva': 75,
  'products/documents': 75,
  'products/licences': 75,
  'products/marketplace': 75,
  'products/memory': 90,
  'products/orbit': 75,
  'products/prism': 75,
  'products/reel': 75,
  'server/src/main': 120,
  'server/src/server': 40,
  'test/billing + test/selling': 230,
  'test/crash': 260,
  'test/erasure': 45,
  'test/identity': 150,
  'test/organizations': 40,
  'test/process': 300,
  'test/scale': 240,
  'test/sdk': 110,
  'test/sso': 65,
  'test/walkers': 360,
  'test/webhooks': 40,
  'test/plans': 75,
};
const OTHERWISE = 30;

/** A product's own tests lie in two folders, and money's as well. */
const JOINED: Readonly<Record<string, string>> = {
  'test/billing': 'test/billing + test/selling',
  'test/selling': 'test/billing + test/selling',
};

/** Lines that tell where the time of a suite went, by group and by folder, the longest first. */
export function tellSeconds(timings: readonly Timing[]): string[] {
  const groups = sumSeconds(timings, ({ group }) => group);
  const folders = sumSeconds(timings, ({ file }) => folderOf(file));
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

function sumSeconds(timings: readonly Timing[], keyOf: (timing: Timing) => string) {
  const sums = new Map<string, number>();
  for (const timing of timings) sums.set(keyOf(timing), (sums.get(keyOf(timing)) ?? 0) + timing.seconds);
  return [...sums].map(([key, seconds]) => ({ key, seconds })).sort((a, b) => b.seconds - a.seconds);
}

/** `server/src/platform/limits`, `products/reel`, `test/sdk`; a file that lies above these is itself. */
function folderOf(file: string): string {
  const parts = file.split('/');
  const platform = /^server\/src\/platform\/(ai|billing|limits)?/.exec(file);
  const inPlatform = platform?.[1] === undefined ? 5 : 4;
  const depth = platform !== null ? inPlatform : /^(server|sandboxes)\//.test(file) ? 3 : 2;
  const folder = parts.slice(0, Math.min(depth, parts.length - 1)).join('/');
  const name =
    folder === 'server/src' || folder === 'test'
      ? [...folder.split('/'), parts.at(-1)].join('/').replace(/\.test\.ts$/, '')
      : folder;
  return JOINED[name] ?? name;
}
