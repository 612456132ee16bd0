/** One way to break the program, and the test that notices. */
export interface Patch {
  /** A few words with dashes: `npm run sabotage -- fence-ignored` runs this one alone. */
  readonly name: string;
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
  /** The test that goes red, `file :: full name`, or `types` where the compiler refuses the patch. */
  readonly expects: `${string} :: ${string}` | 'types';
  /** PostgreSQL from npm, when it isn't said. */
  readonly engine?: 'postgres' | 'pglite';
}
