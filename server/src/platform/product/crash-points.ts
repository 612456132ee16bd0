/** The consequence when a process which lives never hears of a commit that was made (test/crash/lost.ts says it at length). */
export type LostAnswer =
  | 'given back'
  | 'told'
  | 'found'
  | 'keyed'
  | 'same'
  | 'row'
  | 'again'
  | 'person'
  | 'count'
  | 'start';

/**
 * The consequence when the process is killed at a commit or a dispatch: the walks of the product's `testing/crashes.ts` in which a test
 * kills it there, before and after, or why none need be. A commit says `lost` too; a dispatch changes nothing that a process could lose.
 */
export type CrashPoint = (
  | {
      readonly walks: readonly string[];
      /** Nothing has happened outside of the database since the commit before it: to be killed before it is to be killed after that one. */
      readonly afterAlone?: true;
    }
  | { readonly because: string }
) & { readonly lost?: LostAnswer };
