/** What a bench answers: one object, printed as the last line with --json. */
export type Figures = Readonly<Record<string, unknown>>;
