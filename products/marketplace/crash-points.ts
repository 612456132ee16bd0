import type { CrashPoint } from 'plinth/product';

const ONE_COMMIT = 'one commit is all there is: before it nothing happened, after it everything did';
const AGAIN = 'what one run leaves undone the next one does';

/** The meaning of a kill at a commit of the marketplace, and of a commit that a process never hears of. */
export const marketplaceCrashPoints: Readonly<Record<string, CrashPoint>> = {
  'adiuva.plugin-rated': { because: ONE_COMMIT, lost: 'same' },
  'adiuva.plugin-installed': { because: ONE_COMMIT, lost: 'same' },
  'adiuva.plugin-uninstalled': { because: ONE_COMMIT, lost: 'same' },
  'adiuva.market-key': {
    because: 'a call that needs a key makes one when there is none: of two the first is kept',
    lost: 'found',
  },
  'adiuva.market-key-rotated': { because: ONE_COMMIT, lost: 'keyed' },
  'adiuva.developer-key': { because: ONE_COMMIT, lost: 'keyed' },
  'adiuva.developer-key-revoked': { because: ONE_COMMIT, lost: 'same' },
  'adiuva.plugin-submitted': {
    because: 'without it the reserved upload runs out; a version whose upload nobody knows is sent again',
    lost: 'keyed',
  },
  'adiuva.plugin-upload-dropped': { because: 'without it the upload runs out by itself', lost: 'again' },
  'adiuva.plugin-completed': { because: ONE_COMMIT, lost: 'same' },
  'adiuva.plugin-withdrawn': { because: ONE_COMMIT, lost: 'same' },
  'adiuva.plugin-checked': { because: 'the job checks it again, with the same result', lost: 'again' },
  'adiuva.plugin-reviewed': {
    because: 'before it the copied bytes are nobody’s, and the sweep forgets them; after it all is done',
    lost: 'same',
  },
  'adiuva.plugin-copy-dropped': { because: 'the sweep forgets it otherwise', lost: 'again' },
  'adiuva.plugin-removed': { because: ONE_COMMIT, lost: 'same' },
  'adiuva.plugin-removal-told': { because: AGAIN, lost: 'again' },
  'adiuva.plugins-swept': { because: AGAIN, lost: 'again' },
};
