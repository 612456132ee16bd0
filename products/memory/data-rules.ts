import { type DataRule, erased, erasedWith, unlinked } from 'plinth/product';
import { placeOf as decisionPlaceOf } from './decisions/places.ts';
import { placeOfText } from './documents/places.ts';
import { mentionPlace } from './files/mentions.ts';
import { placeOf as patternPlaceOf } from './patterns/places.ts';
import { placeOf as filePlaceOf } from './session-files/places.ts';
import { placeOf } from './sessions/places.ts';

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

/** What erasure and export do with sessions, what was said in them, and what is drawn from it. */
export const memoryDataRules: DataRule[] = [
  {
    ...OF_MEMBERS,
    table: 'coditect.memory_sessions',
    withheld: ['pending_after', 'digest_at'],
    sealed: { title: ({ account_id, id }) => placeOf.title(account_id, id) },
  },
  {
    ...ofMembersWith('coditect.memory_sessions', 'session_id'),
    table: 'coditect.memory_messages',
    sealed: {
      text: ({ account_id, id }) => placeOf.text(account_id, id),
      speaker: ({ account_id, id }) => placeOf.speaker(account_id, id),
    },
    withheld: ['text_hash', 'words', 'audience'],
  },
  {
    ...ofMembersWith('coditect.memory_sessions', 'id'),
    table: 'coditect.memory_summaries',
    sealed: {
      drawn: ({ account_id, id }) => placeOf.drawn(account_id, id),
      refined: ({ account_id, id }) => placeOf.refined(account_id, id),
    },
  },
  {
    ...ofMembersWith('coditect.memory_sessions', 'session_id'),
    table: 'coditect.drawn_decisions',
    withheld: ['key'],
  },
  {
    ...ofMembersWith('coditect.memory_sessions', 'session_id'),
    table: 'coditect.memory_files',
    sealed: { name: ({ account_id, id }) => filePlaceOf.name(account_id, id) },
    file: {
      product: 'coditect',
      about: ({ account_id, session_id, sealed_for }) =>
        filePlaceOf.bytes(account_id, String(session_id), String(sealed_for)),
    },
    withheld: ['content_hash'],
  },
  {
    ...ofMembersWith('coditect.memory_sessions', 'session_id'),
    table: 'coditect.file_mentions',
    sealed: { name: ({ account_id, id }) => mentionPlace(account_id, id) },
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
    sealed: {
      title: ({ account_id, id }) => decisionPlaceOf.title(account_id, id),
      context: ({ account_id, id }) => decisionPlaceOf.context(account_id, id),
      rationale: ({ account_id, id }) => decisionPlaceOf.rationale(account_id, id),
      consequences: ({ account_id, id }) => decisionPlaceOf.consequences(account_id, id),
    },
  },
  {
    ...ofMembersWith('coditect.memory_decisions', 'decision_id'),
    table: 'coditect.memory_links',
    sealed: { path: ({ account_id, id }) => decisionPlaceOf.path(account_id, id) },
    withheld: ['path_hash'],
  },
  { ...OF_MEMBERS, table: 'coditect.memory_documents' },
  {
    ...ofMembersWith('coditect.memory_documents', 'document_id'),
    table: 'coditect.memory_document_versions',
    sealed: { text: ({ account_id, id }) => placeOfText(account_id, id) },
  },
  {
    ...OF_MEMBERS,
    table: 'coditect.patterns',
    sealed: { title: ({ account_id, id }) => patternPlaceOf.title(account_id, id) },
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
    sealed: { texts: ({ account_id, id }) => patternPlaceOf.texts(account_id, id) },
    withheld: ['key'],
  },
  {
    table: 'coditect.pattern_ratings',
    account: erasedWith('coditect.patterns'),
    accountShows: `exists (select from coditect.patterns p where p.account_id = t.account_id and p.id = t.pattern_id and p.level <> 'private')`,
    user: erased('t.user_id = $1::uuid'),
  },
];
