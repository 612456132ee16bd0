import { existsSync, readFileSync } from 'node:fs';
import type { Route } from './route.ts';

/** A request and its answer as the docs show them. */
export interface RouteExample {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly reply?: unknown;
}

const files = new Map<string, URL>();
let read: Readonly<Record<string, RouteExample>> | undefined;

/** Says where the recorded examples of the platform, or of a product, are. They are read when the first one is asked for. */
export function declareExamples(owner: string, file: URL): void {
  files.set(owner, file);
  read = undefined;
}

/** The files of recorded examples, by `platform` or the product; one may be missing. */
export const exampleFiles = (): ReadonlyMap<string, URL> => files;

export function readExamples(file: URL): Readonly<Record<string, RouteExample>> {
  return existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, RouteExample>>)
    : {};
}

/** A route's own example, or the one that was recorded; empty if there is neither. */
export function exampleOf({ name, shape }: Pick<Route, 'name' | 'shape'>): RouteExample {
  if (shape.example !== undefined) return shape.example as RouteExample;
  read ??= Object.assign({}, ...[...files.values()].map(readExamples)) as typeof read;
  return read?.[name] ?? {};
}
