import { type DataRule, erased, THE_ACCOUNTS, unlinked } from 'plinth/product';

/** Erasure and export of plugins, of their developers and their buyers. */
export const marketplaceDataRules: DataRule[] = [
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
