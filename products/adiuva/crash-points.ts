import type { CrashPoint } from 'plinth/product';

const ONE_COMMIT = 'one commit is all there is: before it nothing happened, after it everything did';
const AGAIN = 'what one run leaves undone the next one does';

/** What it means when a process is killed at a commit of Adiuva outside of its marketplace, and when it never hears that the commit was made. */
export const adiuvaCrashPoints: Readonly<Record<string, CrashPoint>> = {
  'adiuva.chat': {
    because:
      'the model has answered, and one commit has all that follows, as of a reply in a session of Prism',
    lost: 'told',
  },
  'adiuva.step': {
    because: 'as of a chat: one commit has all that follows the model’s answer',
    lost: 'told',
  },
  'adiuva.record-write': { because: ONE_COMMIT, lost: 'same' },
  'adiuva.record-delete': { because: ONE_COMMIT, lost: 'same' },
  'adiuva.records-pruned': { because: AGAIN, lost: 'again' },
  'adiuva.backup-store': { because: ONE_COMMIT, lost: 'same' },
  'adiuva.backup-delete': { because: ONE_COMMIT, lost: 'same' },
  'adiuva.member-begun': { because: ONE_COMMIT, lost: 'same' },
  'adiuva.departed-noted': { because: AGAIN, lost: 'again' },
  'adiuva.departed-forgotten': { because: AGAIN, lost: 'again' },
};
