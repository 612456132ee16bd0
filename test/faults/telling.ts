import type { Outcome } from './judgement.ts';

/** Of each rule so many violations are told, and so many rows of each. */
const MOST_TOLD = 3;
const MOST_ROWS = 6;

/** What a run came to; of violations the first of each rule, with the rows that show them. */
export function telling({ violations, counts }: Outcome): string {
  const numbers = Object.entries(counts).map(([name, count]) => `${name.replaceAll('_', ' ')} ${count}`);
  if (violations.length === 0) return `${numbers.join(', ')}\nnothing was violated`;
  const rules = new Set(violations.map(({ rule }) => rule));
  const told = [...rules].flatMap((rule) => {
    const found = violations.filter((violation) => violation.rule === rule);
    return [
      `VIOLATED ${found.length} times: ${rule}`,
      ...found
        .slice(0, MOST_TOLD)
        .flatMap(({ says, rows }) => [
          `  ${says}`,
          ...rows.slice(0, MOST_ROWS).map((row) => `    ${JSON.stringify(row)}`),
        ]),
    ];
  });
  return [numbers.join(', '), ...told].join('\n');
}
