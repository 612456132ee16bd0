import { type DataRule, erased, erasedWith, kept } from 'plinth/product';

/** Only its owner could read it: a job forgets it the night after, and gives its storage back to the account. */
const FORGOTTEN_BY_NIGHT = kept(
  'octets of a member that nobody can read: a job forgets them with their storage',
);

/** What erasure and export do with what members keep here. */
export const adiuvaDataRules: DataRule[] = [
  { table: 'adiuva.member_heads', account: erased(), user: FORGOTTEN_BY_NIGHT },
  { table: 'adiuva.records', account: erasedWith('adiuva.member_heads'), user: FORGOTTEN_BY_NIGHT },
  { table: 'adiuva.backups', account: erasedWith('adiuva.member_heads'), user: FORGOTTEN_BY_NIGHT },
];
