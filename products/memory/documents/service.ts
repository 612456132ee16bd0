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
import {
  assertLevel,
  assertLevelGiven,
  asTeamGone,
  type Audience,
  type ChangeRequest,
  isHigher,
  type MemberKey,
  recordLevel,
  scopeOf,
} from '../levels.ts';
import { sealedText } from '../items/sealed-text.ts';
import { assertSharing } from '../sharing.ts';
import { levelProblem } from '../items/store.ts';
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

export interface DocumentInput extends Audience {
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

/** Documents by which members tell a model of their business and their systems. */
export function createContextDocuments(
  context: Pick<ProductContext, 'db' | 'ids' | 'limits' | 'plan' | 'dataKeys' | 'audit'>,
) {
  const { db, ids, limits, plan, dataKeys, audit } = context;

  /** Writes a document of a name, or another version of it; the same text again makes none. Its level is that of its first version. */
  async function write(
    member: MemberKey,
    { kind, name, level, teamId, text }: DocumentInput,
  ): Promise<{ row: OpenDocument; isNew: boolean }> {
    assertLevel({ level, teamId });
    const size = Buffer.byteLength(text);
    if (size > MOST_TEXT) throw new AppError('context_document_too_large');
    if (level !== 'private') await assertSharing(context, member);
    const key = await dataKeys.of(member.accountId);
    const versionId = ids.next();
    const sealed = {
      id: versionId,
      text: sealedText.documentText.seal(key, { ...member, id: versionId }, text),
      size,
      tokens: await countLongText(text),
    };
    try {
      return await db.member(scopeOf(member), WRITE, async (tx) => {
        const [given] = await tx.run(levelProblem(level, teamId));
        assertLevelGiven(given?.problem ?? null, missing);
        const fresh = { ...member, id: ids.next() };
        const [made] = await tx.run(insertDocument(fresh, { kind, name, level, teamId, bytes: size }));
        const [known] = made === undefined ? await tx.run(lockOwnDocument(member, kind, name)) : [made];
        if (known === undefined) throw new AppError('conflict');
        const document = { ...member, id: known.id };
        const [before] = await tx.run(readDocument(document));
        const present = before === undefined ? undefined : openDocument(key, member, before);
        if (present?.text === text) return { row: present, isNew: false };
        await tx.runAll([
          insertDocumentVersion(document, { ...sealed, version: (present?.version ?? 0) + 1 }),
          ...(present === undefined ? [] : [countDocumentVersion(document, size)]),
          limits.gauging('coditect', 'memory_bytes', size),
        ]);
        const [row] = await tx.run(readDocument(document));
        if (row === undefined) throw new AppError('conflict');
        return { row: openDocument(key, member, row), isNew: made !== undefined };
      });
    } catch (error) {
      throw plan.gaugeRefusal(asTeamGone(error));
    }
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

  /** Its author may give it any level, an admin a lower one. */
  async function change(
    document: DocumentKey & ChangeRequest,
    { level, teamId }: Audience,
  ): Promise<Omit<OpenDocument, 'text'>> {
    assertLevel({ level, teamId });
    const before = await read(document);
    if (isHigher(level, before.level)) await assertSharing(context, document);
    return db.member(scopeOf(document), CHANGE, async (tx) => {
      const [set] = await tx.run(setDocumentLevel(document.id, level, teamId));
      const target = { ...document, kind: 'memory_document' } as const;
      await recordLevel(tx, audit, { outcome: set?.outcome, level, target, by: document, missing });
      // An admin who lowers it may read it no more: they are answered what it is now.
      const [row = { ...before, level, team_id: teamId }] = await tx.run(readDocument(document));
      return row;
    });
  }

  return {
    write,
    read,
    load,
    change,

    /** Newest first. */
    async versions(
      document: DocumentKey,
      { cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number },
    ): Promise<Page<VersionRow>> {
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

    async remove(document: DocumentKey): Promise<void> {
      await db.member(scopeOf(document), DELETE, async (tx) => {
        const [gone] = await tx.run(deleteDocument(document));
        if (gone !== undefined) return;
        const [present] = await tx.run(readDocument(document));
        throw present === undefined ? missing() : new AppError('author_only');
      });
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
