import { readFileSync } from 'node:fs';
import { expect } from 'vitest';

const PAGE = new URL('../../docs/plans.md', import.meta.url);

/** A call as a plan document writes it: `POST /v1/create`, `GET /v1/drafts/:id`. */
const CALL = /^(GET|POST|PUT|PATCH|DELETE|WS) \/\S*$/;

/** The table of one plan document on docs/plans.md, each row as its cells. Throws where the page has no such table. */
function rowsOf(document: string): string[][] {
  const [, section] = readFileSync(PAGE, 'utf8').split(new RegExp(`^## ${document}\\b.*$`, 'm'));
  const rows = (section?.split(/^## /m)[0] ?? '').split('\n').filter((line) => line.startsWith('|'));
  if (rows.length < 3) throw new Error(`docs/plans.md has no table of plan document ${document}`);
  return rows.slice(2).map((row) =>
    row
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim()),
  );
}

/** The calls in the first column, as the document writes them. A row whose place is empty is not built: its last cell says why. */
const callsAskedBy = (document: string): string[] =>
  rowsOf(document)
    .filter(([, place]) => place !== '')
    .flatMap(([asked = '']) => [...asked.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code))
    .filter((code) => CALL.test(code));

const segmentsOf = (call: string) =>
  call
    .replace(/\?.*$/, '')
    .replace(/(?<=[^ ])\/$/, '')
    .split('/');

/** Whether a call that was made is the one asked for: `:id` and the like stand for any value. */
function isMadeAs(asked: string, made: string): boolean {
  const [wanted, given] = [segmentsOf(asked), segmentsOf(made)];
  return (
    wanted.length === given.length &&
    wanted.every((part, at) => part.startsWith(':') || part === given[at] || given[at]?.startsWith(':'))
  );
}

/**
 * Holds the calls that a contract's test made against the table of its plan document: each one asked for was made, and each one made is
 * asked for.
 */
export function expectWhole(document: string, made: Iterable<string>): void {
  const [asked, calls] = [callsAskedBy(document), [...made]];
  expect({
    notMade: asked.filter((call) => !calls.some((one) => isMadeAs(call, one))),
    notOnThePage: calls.filter((one) => !asked.some((call) => isMadeAs(call, one))),
  }).toEqual({ notMade: [], notOnThePage: [] });
}
