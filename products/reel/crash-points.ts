import type { CrashPoint } from 'plinth/product';

const ONE_COMMIT = 'one commit is all there is: before it nothing happened, after it everything did';

/** Where a process of Reel may be killed, and what that does. */
export const reelCrashPoints: Readonly<Record<string, CrashPoint>> = {
  'reel.enqueue': { walks: ['a create'], afterAlone: true, lost: 'given back' },
  'reel.variant': { walks: ['a create'], afterAlone: true, lost: 'found' },
  'reel.complete': { walks: ['a create'], afterAlone: true, lost: 'found' },
  'reel.cancel': { walks: ['a create that is cancelled'], lost: 'keyed' },
  'reel.fail': {
    walks: ['a create that the provider refuses', 'a create whose job has been tried too often'],
    lost: 'found',
  },
  'reel.asset-change': { because: ONE_COMMIT, lost: 'same' },
  'reel.asset-restore': { because: ONE_COMMIT, lost: 'keyed' },
  'reel.asset-save': { because: ONE_COMMIT, lost: 'keyed' },
  'reel.assets-purged': {
    because: 'one delete that is due again and again: what it left undone the next one does',
    lost: 'again',
  },
  'reel.draft-change': { because: ONE_COMMIT, lost: 'same' },
};
