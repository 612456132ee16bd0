import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { AppError, declareErrors } from '#platform/kernel';

declareErrors({
  package_missing: {
    status: 503,
    message: 'The server has not installed a package that this call needs; `details.packages` names it.',
  },
});

/** Packages by what they are needed for. A checkout has them all; a team that installs the program as a package adds those that it uses. */
export type PackagesFor = Readonly<Record<string, readonly string[]>>;

const foldersOf = createRequire(import.meta.url).resolve.paths;

/** Those of the packages that are not installed where the program would find them. */
export function missingPackages(names: readonly string[]): string[] {
  return names.filter((name) => !(foldersOf(name) ?? []).some((folder) => existsSync(join(folder, name))));
}

/** Throws `package_missing` where one is not installed. */
export function assertPackages(names: readonly string[]): void {
  const packages = missingPackages(names);
  if (packages.length === 0) return;
  throw new AppError('package_missing', {
    message: `The server has not installed ${packages.join(', ')}, which this call needs.`,
    details: { packages },
  });
}
