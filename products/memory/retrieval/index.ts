export { type Layout, lineOf, type PackedTurn, packTurns } from './pack.ts';
export { type Question, readQuestion } from './question.ts';
export { type RankedTurn, rankTurns, type Reason, type Statistics, type Turn } from './rank.ts';
export { termsOf, termsOfLong, termsOfQuestion } from './terms.ts';
