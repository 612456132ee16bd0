import { declareLongUses } from 'plinth/product';

/** Uses of `db.system` by this product, with the reason why no single account or user owns the work. */
export const coditectSystemUses = {
  'coditect.key': 'a licence key alone says which account it is of',
  'coditect.checkout': 'the id of a checkout alone says which account it was of when its user comes back',
  'coditect.signing': 'the keys that sign licence files are the server’s own',
  'coditect.revocations': 'the list of files that hold no more is of all accounts, and names none',
  'coditect.letters': 'those who manage an account are found, to be written to of its licence',
  'coditect.lapses': 'licences of all accounts lapse, and their hashes are renewed',
  'coditect.admin':
    'a platform admin finds and changes licences that are not their own, and counts those of all',
  'coditect.sessions': 'sessions of all accounts that ran out are written down',
  'coditect.departed': 'what was kept in memory by people who are no members any more goes, in all accounts',
  'coditect.pending':
    'what follows from another level or the deletion of a large session is done, in all accounts',
  'coditect.digests': 'sessions of all accounts that messages came to are found; each is read as its author',
  'coditect.days': 'what licences of all accounts were used for is counted by day',
  'coditect.activity': 'a platform admin reads what all accounts did, and what of it is unusual',
} as const;

declareLongUses('coditect.days', 'coditect.activity');
declareLongUses('coditect.departed');

type Own = typeof coditectSystemUses;
declare module 'plinth/product' {
  interface ProductSystemUses extends Own {}
}
