import type { CrashPoint } from 'plinth/product';

const ONE_COMMIT = 'one commit is all there is: before it nothing happened, after it everything did';

/** Where a process may be killed, and what that does. */
export const memoryCrashPoints: Readonly<Record<string, CrashPoint>> = {
  'coditect.memory-create': { because: ONE_COMMIT, lost: 'same' },
  'coditect.memory-append': { because: ONE_COMMIT, lost: 'same' },
  'coditect.memory-change': { because: ONE_COMMIT, lost: 'same' },
  'coditect.memory-delete': { because: ONE_COMMIT, lost: 'same' },
  'coditect.memory-file': {
    because:
      'its bytes are nobody’s until it: the sweep forgets them, and a client that sends them again has the file',
    lost: 'same',
  },
  'coditect.memory-file-delete': { because: ONE_COMMIT, lost: 'same' },
  'coditect.decision-create': { because: ONE_COMMIT, lost: 'same' },
  'coditect.decision-write': { because: ONE_COMMIT, lost: 'same' },
  'coditect.decision-change': { because: ONE_COMMIT, lost: 'same' },
  'coditect.decision-supersede': { because: ONE_COMMIT, lost: 'same' },
  'coditect.decision-delete': { because: ONE_COMMIT, lost: 'same' },
  'coditect.decision-link': { because: ONE_COMMIT, lost: 'same' },
  'coditect.decision-unlink': { because: ONE_COMMIT, lost: 'same' },
  'coditect.document-write': { because: ONE_COMMIT, lost: 'same' },
  'coditect.document-change': { because: ONE_COMMIT, lost: 'same' },
  'coditect.document-delete': { because: ONE_COMMIT, lost: 'same' },
  'coditect.patterns-asked': { because: ONE_COMMIT, lost: 'keyed' },
  'coditect.patterns-stored': {
    because: 'the job finds the same patterns again, and stores each once',
    lost: 'found',
  },
  'coditect.pattern-change': { because: ONE_COMMIT, lost: 'same' },
  'coditect.pattern-rating': { because: ONE_COMMIT, lost: 'same' },
  'coditect.pattern-delete': { because: ONE_COMMIT, lost: 'same' },
  'coditect.graph-merge': { because: ONE_COMMIT, lost: 'same' },
  'coditect.graph-unmerge': { because: ONE_COMMIT, lost: 'same' },
  'coditect.departed-noted': { because: 'what one run leaves undone the next one does', lost: 'again' },
  'coditect.departed-forgotten': { because: 'what one run leaves undone the next one does', lost: 'again' },
  'coditect.memory-pending': { because: 'what one run leaves undone the next one does', lost: 'again' },
  'coditect.digest-asked': { because: 'the schedule asks each minute too', lost: 'again' },
  'coditect.digest-taken': {
    because: 'a session that is not digested in a minute is due again',
    lost: 'again',
  },
  'coditect.digest-stored': {
    because: 'it is digested again when its minute is over, and comes to the same',
    lost: 'again',
  },
  'coditect.summary-refined': {
    because: 'the model has answered, and one commit has all that follows',
    lost: 'told',
  },
};
