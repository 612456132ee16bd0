import { type DataRule, erased, erasedWith, THE_ACCOUNTS } from 'plinth/product';

/** How erasure and export treat what a person told Prism. */
export const prismDataRules: DataRule[] = [
  { table: 'prism.profiles', account: erased(), user: THE_ACCOUNTS },
  { table: 'prism.turns', account: erased(), user: THE_ACCOUNTS, withheld: ['trashed'] },
  { table: 'prism.mirror_sessions', account: erased(), user: THE_ACCOUNTS, withheld: ['trashed'] },
  { table: 'prism.mirror_messages', account: erasedWith('prism.mirror_sessions') },
  { table: 'prism.mirror_fragments', account: erasedWith('prism.mirror_sessions') },
  { table: 'prism.lens_goals', account: erased(), user: THE_ACCOUNTS, withheld: ['trashed'] },
  { table: 'prism.lens_actions', account: erasedWith('prism.lens_goals') },
];
