import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { ROOT } from './source.ts';

/** Where a rule of the house does not hold, and why. One that nothing needs any more fails the house test. */
export interface Exception {
  readonly rule: string;
  readonly path: string;
  /** A part of what the rule says, where not the whole file is excepted. */
  readonly says?: string | undefined;
  readonly because: string;
}

const lines = z.int().positive().optional();
const file = z.strictObject({
  /** Lines of comments without a subject that acts, by their kind; a count may only shrink. */
  plainWords: z.strictObject({ indefinite: lines, question: lines }).optional(),
  /** Paths are those from the folder. */
  exceptions: z
    .array(
      z.strictObject({
        rule: z.string(),
        path: z.string(),
        says: z.string().optional(),
        because: z.string(),
      }),
    )
    .default([]),
});

/** A package, or a folder beside the packages, by its `house.json`: where it does not keep the rules of the house. */
export interface House {
  readonly folder: string;
  readonly plainWords: z.output<typeof file>['plainWords'];
  readonly exceptions: readonly Exception[];
}

/** The houses of this repository; a folder without a file has no exceptions and no such lines. */
export const HOUSES: readonly House[] = globSync('{*,products/*}/house.json', { cwd: ROOT }).map((path) => {
  const folder = dirname(path).replaceAll('\\', '/');
  const { plainWords, exceptions } = file.parse(JSON.parse(readFileSync(join(ROOT, path), 'utf8')));
  return {
    folder,
    plainWords,
    exceptions: exceptions.map((one) => ({ ...one, path: `${folder}/${one.path}` })),
  };
});

export const EXCEPTIONS: readonly Exception[] = HOUSES.flatMap(({ exceptions }) => exceptions);
