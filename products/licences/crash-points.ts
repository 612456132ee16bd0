import type { CrashPoint } from 'plinth/product';

const ONE_COMMIT = 'one commit is all there is: before it nothing happened, after it everything did';

/** Where a process may be killed, and what that does. */
export const licencesCrashPoints: Readonly<Record<string, CrashPoint>> = {
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
  'coditect.begun': {
    because: 'a licence whose time has begun is found by the next run',
    lost: 'again',
  },
};
