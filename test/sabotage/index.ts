/**
 * Ways to break the program, each with the test that notices. `npm run sabotage` applies them to a copy, one at a
 * time: a patch under which its test stays green shows a promise that nobody guards.
 */
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

export const PATCHES: readonly Patch[] = [
  {
    name: 'tests-as-superuser',
    file: 'test/services/cluster.ts',
    find: 'create role plinth login createdb createrole',
    replace: 'create role plinth login superuser',
    expects:
      'test/services/services.test.ts :: the login of the tests is no superuser, so that row security binds it',
  },
];
