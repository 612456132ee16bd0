import type { Route, RouteExample } from '#platform/http';

/** The command that records examples, for messages of tests. */
export const RECORD = 'npm run generate -- --examples';
const METHODS: readonly Route['method'][] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
const PARTS = ['params', 'query', 'body', 'reply'] as const;

/** A file of examples: each call in the order of the docs, each part of it on a line. */
export function examplesText(examples: ReadonlyMap<Route, RouteExample>): string {
  const calls = [...examples].toSorted(([a], [b]) => (sortKey(a) < sortKey(b) ? -1 : 1));
  const texts = calls.map(
    ([{ name }, example]) => `  ${JSON.stringify(name)}: {\n${partsText(example)}\n  }`,
  );
  return `{\n${texts.join(',\n')}\n}\n`;
}

const sortKey = ({ path, method }: Route) => `${path} ${METHODS.indexOf(method)}`;

function partsText(example: RouteExample): string {
  const said = PARTS.filter((part) => example[part] !== undefined);
  return said.map((part) => `    "${part}": ${JSON.stringify(example[part])}`).join(',\n');
}
