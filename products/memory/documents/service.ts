import {
  AppError,
  commitPoint,
  countLongText,
  type DataKey,
  type DiffLine,
  diffLines,
  diffRoom,
  type Page,
  type ProductContext,
  timeList,
  withinRoom,
} from 'plinth/product';
import { createItems, insertOnce, type ItemKind, type PageRequest } from '../items/items.ts';
import { sealedText } from '../items/sealed-text.ts';
import { type AskedAudience, type Audience, type ChangeRequest, type MemberKey, scopeOf } from '../levels.ts';
import { fitting, type LoadedDocuments } from './load.ts';
import {
  countDocumentVersion,
  deleteDocument,
  type DocumentKey,
  type DocumentKind,
  type DocumentRow,
  insertDocument,
  insertDocumentVersion,
  listLoadable,
  listVersions,
  lockOwnDocument,
  readDocument,
  readTexts,
  setDocumentLevel,
  type VersionRow,
  type WholeDocumentRow,
} from './store.ts';

const WRITE = commitPoint(
  'coditect.document-write',
  'a document of context or a version of it, whose storage is counted',
);
const CHANGE = commitPoint('coditect.document-change', 'another level of a document of context');
const DELETE = commitPoint(
  'coditect.document-delete',
  'a document of context that is gone with its versions, its storage given back',
);

/** A document has so many bytes at most. */
const MOST_TEXT = 262_144;
const missing = () => new AppError('context_document_not_found');

/** A document whose text is opened. */
export type OpenDocument = Omit<DocumentRow, 'version_id'> & { readonly text: string };

export interface DocumentInput extends AskedAudience {
  readonly kind: DocumentKind;
  readonly name: string;
  readonly text: string;
}

/** Changes of a document from one version to another. */
export interface DocumentDiff {
  readonly from: number;
  readonly to: number;
  readonly lines: readonly DiffLine[];
  readonly lines_left_out: number;
}

const KIND: ItemKind<WholeDocumentRow, OpenDocument> = {
  name: 'memory_document',
  notFound: 'context_document_not_found',
  commits: { change: CHANGE, remove: DELETE },
  read: readDocument,
  open: openDocument,
  setLevel: setDocumentLevel,
  remove: deleteDocument,
};

/** Documents by which members tell a model of their business and their systems. */
export function createContextDocuments(
  context: Pick<ProductContext, 'db' | 'ids' | 'limits' | 'plan' | 'dataKeys' | 'audit' | 'privacy'>,
) {
  const { db, ids, limits, dataKeys } = context;
  const items = createItems(context, KIND);

  /** Writes a document of a name, or another version of it; the same text again makes none. Its level is that of its first version. */
  async function write(
    member: MemberKey,
    { kind, name, level, teamId, text }: DocumentInput,
  ): Promise<{ row: OpenDocument; isNew: boolean }> {
    const size = Buffer.byteLength(text);
    if (size > MOST_TEXT) throw new AppError('context_document_too_large');
    const tokens = await countLongText(text);
    return items.create(member, { commit: WRITE, level, teamId }, async (tx, key, audience) => {
      const fresh = { ...member, id: ids.next() };
      const insert = insertDocument(fresh, { kind, name, ...audience, bytes: size });
      const known = await insertOnce(tx, insert, lockOwnDocument(member, kind, name));
      const document = { ...member, id: known.row.id };
      const [before] = await tx.run(readDocument(document));
      const present = before === undefined ? undefined : openDocument(key, member, before);
      if (present?.text === text) return { row: present, isNew: false };
      const id = ids.next();
      const sealed = sealedText.documentText.seal(key, { ...member, id }, text);
      const version = { id, version: (present?.version ?? 0) + 1, text: sealed, size, tokens };
      await tx.runAll([
        insertDocumentVersion(document, version),
        ...(present === undefined ? [] : [countDocumentVersion(document, size)]),
        limits.gauging('coditect', 'memory_bytes', size),
      ]);
      const [row] = await tx.run(readDocument(document));
      if (row === undefined) throw new AppError('conflict');
      return { row: openDocument(key, member, row), isNew: known.isNew };
    });
  }

  async function read(document: DocumentKey, version?: number): Promise<OpenDocument> {
    const key = await dataKeys.of(document.accountId);
    const [[row]] = await db.member(scopeOf(document), [readDocument(document, version)]);
    if (row === undefined) throw missing();
    return openDocument(key, document, row);
  }

  /** All that a member may read, newest texts first, as far as a budget of tokens goes. */
  async function load(
    member: MemberKey,
    { kind, budget }: { readonly kind?: DocumentKind | undefined; readonly budget: number },
  ): Promise<LoadedDocuments> {
    const key = await dataKeys.of(member.accountId);
    return db.member(scopeOf(member), async (tx) => {
      const { chosen, passed } = fitting(await tx.run(listLoadable(member, kind)), budget);
      const texts = await tx.run(
        readTexts(
          member,
          chosen.map(({ version_id }) => version_id),
        ),
      );
      const byVersion = new Map(texts.map(({ version_id, text }) => [version_id, text]));
      const documents = chosen.flatMap((row) => {
        const text = byVersion.get(row.version_id);
        return text === undefined ? [] : [openDocument(key, member, { ...row, text })];
      });
      return { documents, leftOut: passed };
    });
  }

  return {
    write,
    read,
    load,

    /** Its author may give it any level, an admin a lower one. */
    change: async (
      document: DocumentKey & ChangeRequest,
      audience: Audience,
    ): Promise<Omit<OpenDocument, 'text'>> => (await items.change(document, audience)).row,

    remove: items.remove,

    /** Newest first. */
    async versions(document: DocumentKey, { cursor, limit }: PageRequest): Promise<Page<VersionRow>> {
      const list = timeList('document-versions', { id: document.id });
      const after = list.after(cursor);
      const [[present], rows] = await db.member(scopeOf(document), [
        readDocument(document),
        listVersions(document, { after, limit: limit + 1 }),
      ]);
      if (present === undefined) throw missing();
      return list.page(rows, limit);
    },

    /** From nothing, where `from` is 0; from the version before, where it is not said. */
    async diff(
      document: DocumentKey,
      { from, to }: { readonly from?: number | undefined; readonly to?: number | undefined },
    ): Promise<DocumentDiff> {
      const after = await read(document, to);
      const first = from ?? after.version - 1;
      const before = first === 0 ? '' : (await read(document, first)).text;
      const room = diffRoom();
      const all = diffLines(before, after.text, room).filter(({ op }) => first > 0 || op === 'added');
      const lines = withinRoom(all, room);
      return { from: first, to: after.version, lines, lines_left_out: all.length - lines.length };
    },
  };
}

function openDocument(
  key: DataKey,
  { accountId }: MemberKey,
  { text, version_id: id, ...row }: WholeDocumentRow,
): OpenDocument {
  return { ...row, text: sealedText.documentText.open(key, { accountId, id }, text) };
}
