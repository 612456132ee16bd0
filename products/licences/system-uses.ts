import { declareLongUses } from 'plinth/product';

/** Uses of `db.system` by this package, with the reason why no single account or user owns the work. */
export const licencesSystemUses = {
  'coditect.key': 'a licence key alone says which account it is of',
  'coditect.checkout': 'the id of a checkout alone says which account it was of when its user comes back',
  'coditect.signing': 'the keys that sign licence files are the server’s own',
  'coditect.revocations': 'the list of files that hold no more is of all accounts, and names none',
  'coditect.letters': 'those who manage an account are found, to be written to of its licence',
  'coditect.lapses': 'licences of all accounts lapse, and their hashes are renewed',
  'coditect.admin':
    'a platform admin finds and changes licences that are not their own, and counts those of all',
  'coditect.sessions': 'sessions of all accounts that ran out are written down',
  'coditect.days': 'what licences of all accounts were used for is counted by day',
} as const;

declareLongUses('coditect.days');

type Own = typeof licencesSystemUses;
declare module 'plinth/product' {
  interface ProductSystemUses extends Own {}
}
