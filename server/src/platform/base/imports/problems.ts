/** Why a line was not taken, in codes that stay as they are (docs/import.md). */
export const PROBLEMS = {
  line_too_long: 'The line has more than 65,536 bytes.',
  not_utf8: 'The line is no UTF-8.',
  csv_quote: 'A quote is not closed, or something follows one that is.',
  csv_cells: 'The line has more or fewer cells than the first one.',
  json_malformed: 'The line is no JSON object.',
  field_missing: 'A field that is needed is missing.',
  field_unknown: 'There is no such field.',
  field_invalid: 'The value does not have the form that this field takes.',
  refused: 'The database did not take it.',
} as const;

export type ProblemCode = keyof typeof PROBLEMS;

/** A line that was not taken. It quotes nothing of the line: a value may be a secret. */
export interface Problem<Code extends string = ProblemCode> {
  readonly line: number;
  readonly code: Code;
  readonly field?: string | undefined;
  /** Where the case at hand can be said more exactly than by the code's own sentence. */
  readonly message?: string | undefined;
}
