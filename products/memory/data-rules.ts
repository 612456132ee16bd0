import { type DataRule, erased, erasedWith, unlinked } from 'plinth/product';
import { sealedText } from './items/sealed-text.ts';
import { placeOfBytes } from './session-files/service.ts';

/** For what members write: an export of the account has what is shared, one of a person what they keep private, which is erased with them. */
const OF_MEMBERS: Pick<DataRule, 'account' | 'accountShows' | 'user'> = {
  account: erased(),
  accountShows: "t.level <> 'private'",
  user: erased("t.author_id = $1::uuid and t.level = 'private'"),
};

/** For rows that belong to those. */
function ofMembersWith(parent: string, key: string): Pick<DataRule, 'account' | 'accountShows' | 'user'> {
  const rowsOf = `exists (select from ${parent} p where p.account_id = t.account_id and p.id = t.${key} and`;
  return {
    account: erasedWith(parent),
    accountShows: `${rowsOf} p.level <> 'private')`,
    user: erased(`${rowsOf} p.author_id = $1::uuid and p.level = 'private')`),
  };
}

const RULES: DataRule[] = [
  {
    ...OF_MEMBERS,
    table: 'coditect.memory_sessions',
    withheld: ['pending_after', 'digest_at'],
  },
  {
    ...ofMembersWith('coditect.memory_sessions', 'session_id'),
    table: 'coditect.memory_messages',
    withheld: ['text_hash', 'words', 'audience'],
  },
  {
    ...ofMembersWith('coditect.memory_sessions', 'id'),
    table: 'coditect.memory_summaries',
  },
  {
    ...ofMembersWith('coditect.memory_sessions', 'session_id'),
    table: 'coditect.drawn_decisions',
    withheld: ['key'],
  },
  {
    ...ofMembersWith('coditect.memory_sessions', 'session_id'),
    table: 'coditect.memory_files',
    file: {
      product: 'coditect',
      about: ({ account_id, session_id, sealed_for }) =>
        placeOfBytes(account_id, String(session_id), String(sealed_for)),
    },
    withheld: ['content_hash'],
  },
  {
    ...ofMembersWith('coditect.memory_sessions', 'session_id'),
    table: 'coditect.file_mentions',
    withheld: ['file_id'],
  },
  {
    table: 'coditect.file_merges',
    account: erased(),
    user: unlinked(
      { author_id: 'null' },
      'which names are of one file is the account’s',
      't.author_id = $1::uuid',
    ),
    withheld: ['source_id', 'target_id'],
  },
  { ...OF_MEMBERS, table: 'coditect.memory_decisions' },
  {
    ...ofMembersWith('coditect.memory_decisions', 'decision_id'),
    table: 'coditect.memory_decision_versions',
  },
  {
    ...ofMembersWith('coditect.memory_decisions', 'decision_id'),
    table: 'coditect.memory_links',
    withheld: ['path_hash'],
  },
  { ...OF_MEMBERS, table: 'coditect.memory_documents' },
  {
    ...ofMembersWith('coditect.memory_documents', 'document_id'),
    table: 'coditect.memory_document_versions',
  },
  {
    ...OF_MEMBERS,
    table: 'coditect.patterns',
    withheld: ['key'],
  },
  {
    ...ofMembersWith('coditect.patterns', 'pattern_id'),
    // Words of others are in no export of a member who has left; they go with the pattern.
    user: erased(
      `exists (select from coditect.patterns p where p.account_id = t.account_id and p.id = t.pattern_id and p.author_id = $1::uuid and p.level = 'private')
       and exists (select from coditect.memory_sessions s where s.account_id = t.account_id and s.id = t.session_id and s.author_id = $1::uuid)`,
    ),
    table: 'coditect.pattern_sources',
    withheld: ['key'],
  },
  {
    table: 'coditect.pattern_ratings',
    account: erasedWith('coditect.patterns'),
    accountShows: `exists (select from coditect.patterns p where p.account_id = t.account_id and p.id = t.pattern_id and p.level <> 'private')`,
    user: erased('t.user_id = $1::uuid'),
  },
];

/** The sealed columns of a table, with the place that each is bound to. */
function sealedOf(table: string): Pick<DataRule, 'sealed'> {
  const columns = Object.values(sealedText).filter((text) => text.table === table);
  if (columns.length === 0) return {};
  const sealed: DataRule['sealed'] = Object.fromEntries(
    columns.map((text) => [text.column, ({ account_id: accountId, id }) => text.placeIn({ accountId, id })]),
  );
  return { sealed };
}

/** What erasure and export do with sessions, what was said in them, and what is drawn from it. */
export const memoryDataRules: DataRule[] = RULES.map((rule) => ({ ...rule, ...sealedOf(rule.table) }));
