import { statement } from '#platform/db';
import type { Reply, TestApp, TestAppOptions } from '@plinth/testkit/services/app';
import { type Colleague, orbitFixture, type Workspace } from './fixture.ts';

/** An extraction as it is answered. */
export interface Extraction {
  readonly id: string;
  readonly status: string;
  readonly continues: boolean;
  readonly progress: { readonly done: number; readonly total: number | null };
  readonly section_ids: readonly string[];
  readonly conflicts: readonly {
    readonly subject: string;
    readonly values: readonly { readonly text: string }[];
  }[];
  readonly confidence: number | null;
  readonly missing: readonly {
    readonly from_page: number;
    readonly to_page: number;
    readonly reason: string;
  }[];
  readonly error?: { readonly code: string };
}

export interface Section {
  readonly id: string;
  readonly type: string;
  readonly content: string;
  readonly confidence: number | null;
  readonly fields: { readonly money: readonly unknown[]; readonly dates: readonly unknown[] };
  readonly citations: readonly {
    readonly document_id: string;
    readonly page: number;
    readonly quote: string;
  }[];
}

/** Pages that fill a chunk each. */
export const LONG = [1, 2, 3].map(
  (n) =>
    `The vendor must deliver module ${n} of the shop.\n${'Nothing else is said on this page of words. '.repeat(190)}`,
);

let made = 0;

/** A document, when it is not a file that was read already. */
interface DocumentOptions {
  readonly status?: string;
  readonly name?: string;
  /** How surely its pages were read; 1 when not said. */
  readonly confidence?: number;
}

/** An app whose jobs run when a test says so, and people who extract in it. */
export async function extractionFixture(options: TestAppOptions = {}) {
  const app = await orbitFixture({ ...options, work: false });

  /** A document whose text is there already, page by page; its id. */
  async function document(
    { id: accountId }: Pick<Workspace, 'id'>,
    pages: readonly string[],
    { status = 'completed', name = 'brief.pdf', confidence = 1 }: DocumentOptions = {},
  ): Promise<string> {
    made += 1;
    const id = `0193a5c8-7d1e-7b5c-9f5e-${String(made).padStart(12, '0')}`;
    await insertDocument(app, { accountId, id, name, status, pages, confidence });
    return id;
  }

  async function useBudget({ id }: Pick<Workspace, 'id'>, used: number): Promise<void> {
    await app.db.asMigrator(
      statement(
        `update limits.meters set used[array_position(names, 'daily_cost')] = $2 where account_id = $1 and scope = 'orbit'`,
        [id, used],
      ),
    );
  }

  /** Leaves so many micro-dollars for what was asked for; so many of the day are used: when not said, all. */
  async function leaveOfBudget(
    workspace: Pick<Workspace, 'id'>,
    reserve: number,
    used = 25_000_000,
  ): Promise<void> {
    await app.db.asMigrator(
      statement(`update limits.permits set reserve = $2 where account_id = $1 and state = 'queued'`, [
        workspace.id,
        reserve,
      ]),
    );
    await useBudget(workspace, used);
  }

  /** The next day. */
  const renewBudget = (workspace: Pick<Workspace, 'id'>) => useBudget(workspace, 0);

  /** Has jobs done until something holds. */
  async function whileWorking<Result>(act: () => Promise<Result>): Promise<Result> {
    const worker = app.app.modules.jobs.work();
    try {
      return await act();
    } finally {
      await worker.stop(1_000);
    }
  }

  /** A workspace with a scope, and its member, who extracts. */
  async function office() {
    const workspace = await app.workspace();
    const by = extractionCalls(workspace.member);
    const scope = await workspace.scope(0);
    return { workspace, by, scope, used: async () => (await workspace.member.used())['ai_calls'] };
  }

  return { ...app, document, working: whileWorking, office, leaveOfBudget, renewBudget, useBudget };
}

/** The id in the answer to a call that must be accepted: `extraction_id`. */
export function idIn({ status, body }: Reply, name: 'extraction_id' | 'analysis_id'): string {
  if (status !== 202) throw new Error(`it was refused: ${JSON.stringify(body)}`);
  return String(body[name]);
}

interface StoredDocument {
  readonly accountId: string;
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly confidence: number;
  readonly pages: readonly string[];
}

async function insertDocument({ db }: Pick<TestApp, 'db'>, of: StoredDocument): Promise<void> {
  await db.asMigrator(
    statement(
      `insert into orbit.documents (account_id, id, blob_id, name, type, bytes, sha256, status, pages, created_by)
       values ($1, $2, $2, $3, 'application/pdf', 1, repeat('0', 64), $4, $5, $2)`,
      [of.accountId, of.id, of.name, of.status, of.pages.length],
    ),
  );
  for (const [n, text] of of.pages.entries())
    await db.asMigrator(
      statement(
        'insert into orbit.document_pages (account_id, document_id, page, text, by_ocr, confidence) values ($1, $2, $3, $4, false, $5)',
        [of.accountId, of.id, n + 1, text, of.confidence],
      ),
    );
}

let keys = 0;

/** Calls of one member on extractions. */
export function extractionCalls(by: Colleague) {
  const read = async (path: string) =>
    (await by.get(`/v1/ai/extractions/${path}`)).body as unknown as Extraction;
  const post = (path: string, body: object, key: string): Promise<Reply> =>
    by.post(path, body, { 'idempotency-key': key });
  return {
    ask: (scopeId: string, documentIds: readonly string[], key = `extract-${(keys += 1)}`) =>
      post('/v1/ai/extract', { scope_id: scopeId, document_ids: documentIds }, key),
    analyze: (scopeId: string, key = `analyze-${(keys += 1)}`) =>
      post('/v1/ai/analyze', { scope_id: scopeId }, key),
    suggest: (sectionId: string, key = `suggest-${(keys += 1)}`) =>
      post('/v1/ai/suggest', { section_id: sectionId }, key),
    read,
    ended: (id: string) => read(`${id}?wait=30`),
    sections: async (scopeId: string) =>
      (await by.get(`/v1/scopes/${scopeId}/sections`)).body['data'] as readonly Section[],
  };
}
