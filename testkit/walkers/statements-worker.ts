import { parentPort, workerData } from 'node:worker_threads';
import type { Statement } from '#platform/db';
import { readStatements, shownAs } from '../statements/read-statements.ts';

/** Sources of a product, and how it shows statements that a run alone knows. */
export interface Sources {
  /** The file `tsconfig.json` in which the compiler reads them. */
  readonly project: string;
  /** Where they lie, from there: `products/tales/`. */
  readonly own: string;
  readonly shown: Readonly<Record<string, readonly Pick<Statement, 'text' | 'values'>[]>>;
}

const { project, own, shown } = workerData as Sources;
const options = {
  project,
  isLookedAt: (path: string) =>
    path.startsWith(own) && !/\.(?:test|test-d|d)\.ts$|\/test(?:ing)?\//.test(path),
  isDeclaredIn: (file: string) => /\/base\/db\/statement\.(?:d\.)?ts$/.test(file),
};
const ways = Object.entries(shown).map(([name, made]) => [`${own}${name}`, shownAs(made)] as const);
parentPort?.postMessage(readStatements(options, new Map(ways)));
