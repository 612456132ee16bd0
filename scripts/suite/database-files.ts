import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectPaths, ROOT, sourceFile, targetOf } from '../../test/house/source.ts';

const SERVICES = 'test/services/index.ts';
/**
 * Run on the first engine alone. The client sees HTTP, whichever database is behind it; who may call what is decided before
 * one is asked; and the walls between tenants are the same statements and policies on each, which tables.test.ts tries there.
 * What stores tell is folded by the same statements, which the tests beside them try on each. Fuzz is of requests; and a
 * program's own embedded database can't be looked into from outside.
 */
const ONCE = [
  'test/sdk/',
  'test/walkers/access.test.ts',
  'test/walkers/walls.test.ts',
  'test/walkers/leaks-auth.test.ts',
  'test/billing/browser.test.ts',
  'test/billing/closing.test.ts',
  'test/billing/forged.test.ts',
  'test/billing/inbox.test.ts',
  'test/billing/money.test.ts',
  'test/billing/nodes.test.ts',
  'test/billing/orders.test.ts',
  'test/billing/overage-sold.test.ts',
  'test/billing/plans.test.ts',
  'test/billing/revenue.test.ts',
  'test/selling/changes.test.ts',
  'test/selling/checkout.test.ts',
  'test/selling/doctor.test.ts',
  'test/selling/sync.test.ts',
  'test/selling/tax.test.ts',
  'test/selling/verbs.test.ts',
  'test/reports/revenue-http.test.ts',
  'src/platform/billing/inbox/locks.test.ts',
  'src/platform/billing/inbox/nodes.test.ts',
  'src/platform/billing/inbox/upkeep.test.ts',
  'test/fuzz/',
  'test/import/program.test.ts',
];

/** The test files that use a database, by themselves or through what they import, and run on every engine. */
export function databaseFiles(): string[] {
  const reaching = new Map<string, boolean>();
  return projectPaths().filter(
    (path) =>
      path.endsWith('.test.ts') && !ONCE.some((one) => path.startsWith(one)) && reaches(path, reaching),
  );
}

function reaches(path: string, known: Map<string, boolean>): boolean {
  if (path === SERVICES) return true;
  const before = known.get(path);
  if (before !== undefined) return before;
  // Set first: a circle of imports ends here.
  known.set(path, false);
  const file = join(ROOT, path);
  if (!path.endsWith('.ts') || !existsSync(file)) return false;
  const { imports } = sourceFile(path, readFileSync(file, 'utf8'));
  const targets = imports.map(({ specifier }) => targetOf(path, specifier));
  const found = targets.some((target) => target !== undefined && reaches(target, known));
  known.set(path, found);
  return found;
}
