import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { modules } from '#modules';
import { crashPoints } from '#platform/db';
import type { Product } from '#platform/product';
import { products } from '#products';
import { prepareCluster } from '../services/cluster.ts';
import { crashAndRecover } from './crash-and-recover.ts';
import { clonedInstallation, embeddedInstallation, type Installation, startOnce } from './installation.ts';
import { lanes } from './lanes.ts';
import { crashTestsOf, type Kill, killsOf, type Walk, walksOf } from './walk.ts';

/** Servers that are killed at a time. */
const LANES = 2;

/** Kills a server at each crash point of a product that is in a walk. Answers what is wrong as a page to read; empty where nothing is. */
export async function crashProduct(key: string, databaseUrl: string | undefined): Promise<string> {
  const product = products.find((one) => one.key === key);
  if (product === undefined)
    return `There is no product ${key} here, but ${products.map((one) => one.key).join(', ')}.`;
  const declared = await crashTestsOf(product.parts);
  const walks = walksOf(declared);
  const wrong = misdeclared(product, walks);
  if (wrong.length > 0) return wrong.join('\n');
  const all = await crashTestsOf(products.flatMap(({ parts }) => parts));
  const next = declared.find((one) => one.next !== undefined)?.next;
  const root = mkdtempSync(join(tmpdir(), 'plinth-crashes-'));
  const original = await installationIn(root, databaseUrl);
  const oneOf = lanes(LANES);
  try {
    await startOnce(original);
    const pages = await Promise.all(
      killsIn(product, walks).map(({ at, walk: name }) =>
        oneOf(async () => {
          const walk = walks.get(name) ?? {};
          const broken = await crashAndRecover({
            original,
            at,
            walk,
            declared: all,
            ...(next === undefined ? {} : { next }),
          }).catch((error: unknown) => [String(error)]);
          return broken.length === 0 ? [] : [[`killed at ${at}, in ${name}:`, ...broken].join('\n  ')];
        }),
      ),
    );
    return pages.flat().join('\n');
  } finally {
    await original.remove();
    rmSync(root, { recursive: true, force: true });
  }
}

/** Where a server is killed: at the product's own points, and at those of the platform that its walks name. */
function killsIn({ crashPoints: places }: Product, walks: ReadonlyMap<string, Walk>): Kill[] {
  const named = [...walks].flatMap(([name, { at: points = [] }]) =>
    killsOf(Object.fromEntries(points.map((point) => [point, { walks: [name] }]))),
  );
  return [...killsOf(places), ...named];
}

/** Modules of the platform, and what else the names of its crash points begin with. */
const OF_THE_PLATFORM = new Set([...modules.map(({ name }) => name), 'product', 'rates', 'test', 'bench']);
const others = products.map(({ key }) => key);

/** Whether a crash point is a product's: it begins with the product's key, or with nothing that is known. */
function isOf(key: string, point: string): boolean {
  const [first = ''] = point.split('.');
  return first === key || !(OF_THE_PLATFORM.has(first) || others.includes(first));
}

/** Crash points without a place, places without a crash point, walks that are not there or that no point names. */
function misdeclared({ key, crashPoints: places }: Product, walks: ReadonlyMap<string, Walk>): string[] {
  const points = [...crashPoints().keys()];
  const own = points.filter((point) => isOf(key, point));
  const named = Object.entries(places).flatMap(([point, place]) =>
    'walks' in place ? place.walks.map((walk) => ({ point, walk })) : [],
  );
  return [
    ...own
      .filter((point) => !Object.hasOwn(places, point))
      .map(
        (point) => `${point}: \`crashPoints\` of ${key} names no walk for it, and no reason why none need be`,
      ),
    ...Object.keys(places)
      .filter((point) => !own.includes(point))
      .map((point) => `${point}: it is in \`crashPoints\` of ${key}, and the program has no such point`),
    ...named
      .filter(({ walk }) => !walks.has(walk))
      .map(({ point, walk }) => `${point}: testing/crashes.ts has no walk "${walk}"`),
    ...[...walks].flatMap(([name, { at = [] }]) => [
      ...(at.length > 0 || named.some(({ walk }) => walk === name)
        ? []
        : [`the walk "${name}" is of no crash point`]),
      ...at
        .filter((point) => !points.includes(point))
        .map((point) => `the walk "${name}" is at ${point}, and the program has no such point`),
    ]),
  ];
}

async function installationIn(root: string, databaseUrl: string | undefined): Promise<Installation> {
  if (databaseUrl === undefined || databaseUrl === '')
    return embeddedInstallation(root, mkdtempSync(join(root, 'installation ')));
  return clonedInstallation(root, await prepareCluster(databaseUrl, false));
}
