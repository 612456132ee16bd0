import type { CrashPoint } from 'plinth/product';

const ONE_COMMIT = 'one commit is all there is: before it nothing happened, after it everything did';

/** Where a process of Coditect may be killed, and what that does. */
export const coditectCrashPoints: Readonly<Record<string, CrashPoint>> = {
  'coditect.activate': { because: ONE_COMMIT, lost: 'same' },
  'coditect.deactivate': { because: ONE_COMMIT, lost: 'same' },
  'coditect.letters': { because: 'the job writes them again, and each mail is one', lost: 'found' },
  'coditect.rotate-key': { because: ONE_COMMIT, lost: 'keyed' },
  'coditect.rehash': { because: 'both hashes find the licence: the next run renews it', lost: 'again' },
  'coditect.lapse': {
    because: 'how it stands is computed when a caller looks: the next run writes it',
    lost: 'again',
  },
  'coditect.admin-changed': { because: ONE_COMMIT, lost: 'same' },
  'coditect.admin-extended': { because: ONE_COMMIT, lost: 'keyed' },
  'coditect.signing-key-rotated': { because: ONE_COMMIT, lost: 'keyed' },
  'coditect.signing-key': {
    because: 'a key that was not kept signed nothing: the next call that needs one makes another',
    lost: 'same',
  },
  'coditect.session-acquired': {
    because:
      'one commit has the seat, its machine and its history; who was not answered takes it over by asking again',
    lost: 'same',
  },
  'coditect.session-released': { because: ONE_COMMIT, lost: 'same' },
  'coditect.session-forced': { because: ONE_COMMIT, lost: 'same' },
  'coditect.session-refused': {
    because: 'it is a copy of what the seat says, which the history is read from until somebody has made it',
    lost: 'again',
  },
  'coditect.sessions-closed': {
    because: 'it is a copy of what the seats say: what one run leaves the next one does',
    lost: 'again',
  },
  'coditect.day-rolled': {
    because: 'a day that is not written down is computed when a caller asks: the next run writes it',
    lost: 'again',
  },
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
  'coditect.begun': {
    because: 'a licence whose time has begun is found by the next run',
    lost: 'again',
  },
};
