import { closeSync, openSync, writeSync } from 'node:fs';
import { type Problem, PROBLEMS } from '#platform/imports';

/** Lines that are printed; a report file has all of them. */
const MOST_PRINTED = 100;

export interface ImportReport {
  write(problem: Problem<string>): void;
  close(): void;
}

export const printLine = (line: string): void => void process.stdout.write(`${line}\n`);

/** Lists what was not taken: as JSON lines in a file, or printed where none is named. */
export function openReport(path: string | undefined, print = printLine): ImportReport {
  const file = path === undefined ? undefined : openSync(path, 'w', 0o600);
  let printed = 0;
  return {
    write({ line, code, field, message = sentenceOf(code) }) {
      if (file !== undefined) writeSync(file, `${JSON.stringify({ line, code, field, message })}\n`);
      else if (++printed <= MOST_PRINTED)
        print(`line ${line}: ${code}${field === undefined ? '' : ` (${field})`}: ${message}`);
    },
    close() {
      if (file !== undefined) closeSync(file);
      else if (printed > MOST_PRINTED)
        print(`… and ${printed - MOST_PRINTED} more: --report FILE has all of them.`);
    },
  };
}

function sentenceOf(code: string): string | undefined {
  return Object.entries(PROBLEMS).find(([known]) => known === code)?.[1];
}
