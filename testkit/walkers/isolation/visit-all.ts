import type { Route } from '#platform/http';
import { type Rule, walk, type WalkerFixture, type VisitResult } from '../rules/rule.ts';
import { changedIn, type Rows } from './rows.ts';
import type { Tenants } from './tenants.ts';

/** What is wrong with the answers of every route to one rule, what they told of the other household, and changed of its rows. */
export async function visitAll(
  { routes, marks }: Tenants,
  { rule, fixture, readRows, except = [] }: VisitOptions,
): Promise<string[]> {
  const found = new Set<string>();
  const findMarks = ({ route, reply, sending }: VisitResult) => {
    const sent = JSON.stringify(sending);
    const told = marks.filter((mark) => reply.text.includes(mark) && !sent.includes(mark));
    if (told.length > 0)
      found.add(`${route.name}: tells ${told.length} things of another, such as ${told[0]}`);
  };
  // One for all routes: it keeps what it made for harmful calls, which serves the next.
  const listening = { ...fixture, heard: findMarks };
  let before = await readRows();
  for (const visited of inTurns(routes.filter(({ name }) => !except.includes(name)))) {
    for (const says of await walk(rule, visited, listening)) found.add(says);
    const after = await readRows();
    const names = visited.map(({ name }) => name).join(' or ');
    for (const table of changedIn(before, after)) found.add(`${names}: changes another’s rows of ${table}`);
    before = after;
  }
  return [...found];
}

/** Calls that read, as many at a time as one look at all rows of a household is worth, and then those that write, each alone. */
function inTurns(routes: readonly Route[]): Route[][] {
  const reads = routes.filter(({ method }) => method === 'GET');
  const turns = Array.from({ length: Math.ceil(reads.length / READS) }, (_, turn) =>
    reads.slice(turn * READS, (turn + 1) * READS),
  );
  return [...turns, ...routes.filter(({ method }) => method !== 'GET').map((route) => [route])];
}

const READS = 20;

interface VisitOptions {
  readonly rule: Rule;
  readonly fixture: WalkerFixture;
  readonly readRows: () => Promise<Rows>;
  /** Routes that the rule excepts; none, when not said. */
  readonly except?: readonly string[];
}
