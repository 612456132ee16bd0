import type { CrashPoint } from 'plinth/product';

const ONE_COMMIT = 'one commit is all there is: before it nothing happened, after it everything did';
const OF_THE_KIT = 'the kit makes it, and tests of Plinth kill a server before and after it';

/** What it means when a process is killed at a commit of Sample, and when it never hears that the commit was made. */
export const sampleCrashPoints: Readonly<Record<string, CrashPoint>> = {
  'sample.enqueue': { walks: ['an answer'], afterAlone: true, lost: 'given back' },
  'sample.start': { walks: ['an answer'], afterAlone: true, lost: 'found' },
  'sample.complete': { walks: ['an answer'], lost: 'found' },
  'sample.fail': { because: OF_THE_KIT, lost: 'found' },
  'sample.cancel': { because: OF_THE_KIT, lost: 'keyed' },
  'sample.change': { because: ONE_COMMIT, lost: 'same' },
  'sample.delete': { because: ONE_COMMIT, lost: 'same' },
  'sample.restore': { because: ONE_COMMIT, lost: 'keyed' },
  'sample.purged': {
    because: 'one delete that is due again and again: what it left undone the next one does',
    lost: 'again',
  },
};
