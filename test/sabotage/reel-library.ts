import type { Patch } from './patch.ts';

const DRAFTS = 'test/reel/drafts.test.ts :: a draft >';
const SAVING = 'test/reel/library.test.ts :: saving >';
const SEARCH = 'test/reel/search.test.ts :: a search >';
const PAGING = 'src/products/reel/library/pages.test.ts :: paging through a list >';
const READING = 'src/products/reel/library/plans.test.ts :: a search >';
const SCHEMA = 'src/products/reel/functions/library.sql';
const STORE = 'src/products/reel/library/store.ts';

/** Reel's drafts and library. */
export const REEL_LIBRARY: readonly Patch[] = [
  {
    name: 'draft-version-ignored',
    file: 'src/platform/product/versions.ts',
    find: 'and ($3::integer is null or version = $3)',
    replace: 'and ($3::integer is null or version >= $3)',
    expects: `${DRAFTS} that ten change at once from one version has one winner`,
  },
  {
    name: 'foreign-variant-selected',
    file: 'src/products/reel/drafts/store.ts',
    find: 'where v.account_id = $1 and v.draft_id = $2 and v.id =',
    replace: 'where v.account_id = $1 and v.id =',
    expects: `${DRAFTS} takes none but its own variants`,
  },
  {
    name: 'variant-of-another-draft-saved',
    file: STORE,
    find: 'and v.id = $8 and v.draft_id = $7 returning',
    replace: 'and v.id = $8 and $7::uuid is not null returning',
    expects: `${SAVING} knows no variant of another draft or account`,
  },
  {
    name: 'asset-version-ignored',
    file: STORE,
    find: "versionUpdate({ table: 'reel.assets', returning: SHOWN }, which, (put)",
    replace:
      "versionUpdate({ table: 'reel.assets', returning: SHOWN }, { ...which, version: undefined }, (put)",
    expects:
      'test/reel/library.test.ts :: an asset > that ten change at once from one version has one winner',
  },
  {
    name: 'trash-listed',
    file: STORE,
    find: 'trashed = ${deleted === true}',
    replace: '(trashed or not ${deleted === true})',
    expects:
      'test/reel/library.test.ts :: the trash > has what was deleted, which is nowhere else until it is restored',
  },
  {
    name: 'purge-a-day-early',
    file: 'src/platform/product/trash.ts',
    find: 'const DAYS_IN_TRASH = 30;',
    replace: 'const DAYS_IN_TRASH = 29;',
    expects:
      'test/reel/library.test.ts :: the trash > is purged of what has lain in it for 30 days, by the clock, and of nothing else',
  },
  {
    name: 'tags-as-written',
    file: 'src/products/reel/library/tags.ts',
    find: '  .toLowerCase()\n',
    replace: '',
    expects: `${SAVING} takes content of the caller’s own, and completes it`,
  },
  {
    name: 'german-is-no-language',
    file: 'src/products/reel/migrations/0002_library.up.sql',
    find: "when 'de' then 'german' ",
    replace: '',
    expects: `${SEARCH} for "Haus" finds each asset by the stemming of its own language`,
  },
  {
    name: 'every-language-stemmed-alike',
    file: SCHEMA,
    find: 'v_queries else v_broad end)[array_position(v_stemmings, a.stemming)]) as near',
    replace: 'v_queries else v_broad end)[1]) as near',
    expects: `${SEARCH} takes a word that two languages share for what it is in each`,
  },
  {
    name: 'minus-signs-pass',
    file: STORE,
    find: String.raw`return q?.normalize().replaceAll(/-(?![\p{L}\p{M}\p{N}"])/gu, '');`,
    replace: 'return q;',
    expects: `${SEARCH} for "${'-'.repeat(200)}" is a search like any other`,
  },
  {
    name: 'cursor-of-any-filters',
    file: 'src/platform/product/time-lists.ts',
    find: 'JSON.stringify([list, Object.entries(filters)',
    replace: 'JSON.stringify([list, Object.entries({})',
    expects: 'test/reel/search.test.ts :: cursors > belong to the filters that they were given out for',
  },
  {
    name: 'block-without-an-end',
    file: 'src/products/reel/library/blocks.ts',
    find: 'stretch: { from: stretch.from ?? matches.toSorted(byTime)[0], until },',
    replace: 'stretch: { from: stretch.from ?? matches.toSorted(byTime)[0], until: undefined },',
    expects: `${PAGING} while others are inserted and deleted: each that stays comes once, none comes twice`,
  },
  {
    name: 'all-matches-read',
    file: SCHEMA,
    find: 'c_walk constant integer := 3000;',
    replace: 'c_walk constant integer := 50000;',
    expects: `${READING} for {"q":"middling"} reads no more than a few thousand assets of all that match`,
  },
  {
    name: 'ranked-by-a-join',
    file: SCHEMA,
    find: 'cross join lateral (select * from reel.assets a where a.account_id = v_account and a.id = i offset 0) a',
    replace: 'join reel.assets a on a.account_id = v_account and a.id = i',
    expects: `${READING} for {"q":"common"} reads no more than a few thousand assets of all that match`,
  },
  {
    name: 'rare-words-walked-for',
    file: 'src/products/reel/functions/library.sql',
    find: "case when cardinality(v_ids) * 50 >= c_probe or v_near * 15 >= c_probe then 'walk' else 'words' end",
    replace: "'walk'",
    expects: `${READING} for what is rare reads what matches, and the newest 300`,
  },
];
