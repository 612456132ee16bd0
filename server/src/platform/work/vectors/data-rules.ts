import { type DataRule, erased, erasedWith } from '#platform/db';

/** How erasure and export treat vectors. */
export const vectorsDataRules: DataRule[] = [
  {
    table: 'vectors.collections',
    account: erased(),
    user: erased(),
    withheld: ['centre', 'former_centre', 'coding', 'centred', 'recoding', 'due', 'store'],
  },
  { table: 'vectors.items', account: erasedWith('vectors.collections'), user: erased() },
  {
    table: 'vectors.signs',
    account: erasedWith('vectors.collections'),
    withheld: 'they are made of the embeddings of vectors.items',
  },
  {
    table: 'vectors.points',
    account: erasedWith('vectors.collections'),
    withheld: 'ids of the embeddings of vectors.items at a store outside',
  },
  { table: 'vectors.stray_points', nobodys: 'random ids of what a store outside is about to delete' },
];
