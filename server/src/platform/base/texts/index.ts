export { foldName } from '@plinth/safety/fold-name';
export { type NearWord, nearWords } from '@plinth/safety/near-words';
export { type DateField, datesIn } from './dates.ts';
export { type DiffLine, diffLines, type DiffRoom, diffRoom, withinRoom } from './diff-lines.ts';
export { type NamedDays, namedDaysIn } from './named-days.ts';
export { countBounded, countLongText, countTokens } from './tokens.ts';
