import type { CrashPoint } from 'plinth/product';

const ONE_COMMIT = 'one commit is all there is: before it nothing happened, after it everything did';
const OF_THE_KIT = 'the kit makes it, and the walks of test/crash kill a process before and after it';

/** What it means when a process is killed at a commit of Sample, and when it never hears that the commit was made. */
export const sampleCrashPoints: Readonly<Record<string, CrashPoint>> = {
  'sample.enqueue': { because: OF_THE_KIT, lost: 'given back' },
  'sample.start': { because: OF_THE_KIT, lost: 'found' },
  'sample.complete': { because: OF_THE_KIT, lost: 'found' },
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
