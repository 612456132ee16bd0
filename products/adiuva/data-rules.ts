import { type DataRule, erased, erasedWith, kept, THE_ACCOUNTS, unlinked } from 'plinth/product';

/** Only its owner could read it: a job forgets it the night after, and gives its storage back to the account. */
const FORGOTTEN_BY_NIGHT = kept(
  'octets of a member that nobody can read: a job forgets them with their storage',
);

/** What erasure and export do with what members keep here. */
export const adiuvaDataRules: DataRule[] = [
  { table: 'adiuva.member_heads', account: erased(), user: FORGOTTEN_BY_NIGHT },
  { table: 'adiuva.records', account: erasedWith('adiuva.member_heads'), user: FORGOTTEN_BY_NIGHT },
  { table: 'adiuva.backups', account: erasedWith('adiuva.member_heads'), user: FORGOTTEN_BY_NIGHT },
  { table: 'adiuva.developers', account: erased() },
  { table: 'adiuva.developer_keys', account: erased(), user: THE_ACCOUNTS },
  {
    table: 'adiuva.plugins',
    account: unlinked(
      { developer: 'null' },
      'the catalogue: who bought it keeps it, and no id comes back to another owner',
      't.developer = $1::uuid',
    ),
  },
  {
    table: 'adiuva.plugin_versions',
    account: unlinked(
      { developer: 'null', key_id: 'null' },
      'what was published, with its signatures: who bought it keeps it',
      't.developer = $1::uuid',
    ),
    user: THE_ACCOUNTS,
  },
  { table: 'adiuva.plugin_installs', account: erased() },
  { table: 'adiuva.market_keys', nobodys: 'the keys that sign approvals and the list of removed plugins' },
];
