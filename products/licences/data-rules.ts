import { type DataRule, erased, erasedWith, unlinked } from 'plinth/product';

/** What erasure and export do with licences, machines and sessions. */
export const licencesDataRules: DataRule[] = [
  {
    table: 'coditect.licenses',
    account: erased(),
    withheld: ['key_hash', 'key_hash_by', 'key_sealed'],
  },
  { table: 'coditect.machines', account: erasedWith('coditect.licenses') },
  {
    table: 'coditect.sessions',
    account: erasedWith('coditect.licenses'),
    user: unlinked(
      { user_id: 'null', ip: 'null', agent: 'null', said_agent: 'null', said_ip: 'null' },
      'when the account’s machines worked is the account’s',
    ),
  },
  { table: 'coditect.revocations', account: erasedWith('coditect.licenses') },
  { table: 'coditect.days', account: erasedWith('coditect.licenses') },
  { table: 'coditect.denials', account: erasedWith('coditect.licenses') },
  { table: 'coditect.rolled_days', nobodys: 'which days are in the figures by day' },
  { table: 'coditect.signing_keys', nobodys: 'the keys that sign licence files' },
];
