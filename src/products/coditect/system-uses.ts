import { declareLongUses } from '#platform/db';

/** Uses of `db.system` by this product, with the reason why no single account or user owns the work. */
export const coditectSystemUses = {
  'coditect.key': 'whoever brings a licence key says by it alone which account it is of',
  'coditect.checkout': 'whoever comes back from the checkout says by its id alone which account it was of',
  'coditect.signing': 'the keys that sign licence files are the server’s own',
  'coditect.revocations': 'the list of files that hold no more is of all accounts, and names none',
  'coditect.letters': 'those who manage an account are found, to be written to of its licence',
  'coditect.lapses': 'licences lapse, and their hashes are renewed, whoever they belong to',
  'coditect.admin':
    'a platform admin finds and changes licences that are not their own, and counts those of all',
  'coditect.sessions': 'sessions that ran out are written down, whoever they belong to',
  'coditect.departed':
    'what was kept in memory by people who are no members any more goes, whoever they were',
  'coditect.pending':
    'what follows from another level or the deletion of a large session is done, whoever it belongs to',
  'coditect.digests':
    'sessions that messages came to are found, whoever they belong to; each is read as its author',
  'coditect.days': 'what licences of all accounts were used for is counted by day',
  'coditect.activity': 'a platform admin reads what all accounts did, and what of it is unusual',
} as const;

declareLongUses('coditect.days', 'coditect.activity');
declareLongUses('coditect.departed');

type Own = typeof coditectSystemUses;
declare module '#platform/db' {
  interface SystemUses extends Own {}
}
