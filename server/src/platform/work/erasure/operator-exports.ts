import type { AccountByName } from '#platform/accounts';
import { commitPoint, type Statement, statement } from '#platform/db';
import type { RequestOrigin } from '#platform/audit';
import { type Answer, type Once, type Page, page } from '#platform/http';
import { AppError, type Clock, equalInConstantTime } from '#platform/kernel';
import type { Secrets } from '#platform/secrets';
import type { SubjectName } from './named-subject.ts';
import {
  type ExportRow,
  type ExportSubject,
  listOperatorExports,
  oneOperatorExport,
  onePart,
} from './export-store.ts';
import { askOnce, eventOf, type ExportsParts, partsOf, type Visitor } from './exports.ts';

const ASKED = commitPoint(
  'erasure.operator-export-asked',
  'an export of somebody for operators, and its job',
);
const DOWNLOADED = commitPoint(
  'erasure.operator-export-downloaded',
  'the record that an archive was downloaded by the link of an operator',
);
const CONTEXT = 'erasure.export-link';
/** Seconds that a link is good for. */
const LIFE = 900;

/** An export as operators see it. */
export interface OperatorExport extends Pick<ExportRow, 'id' | 'status' | 'bytes'> {
  readonly account_id: string | null;
  readonly user_id: string | null;
  readonly asked_by: string;
  /** By which anybody may download it; null: there is nothing to download yet. */
  readonly url: string | null;
  readonly url_expires_at: string | null;
  readonly expires_at: string | null;
  readonly created_at: string;
}

/** Archives that platform admins have made of an account or a person, with links of 15 minutes (docs/compliance.md). */
export interface OperatorExports {
  /** If the operator waits for one of the same, the answer is that one. Throws `not_found`. */
  ask(visitor: Visitor & { readonly once: Once }, name: SubjectName): Promise<Answer<OperatorExport>>;
  list(query: { readonly after: string | undefined; readonly limit: number }): Promise<Page<OperatorExport>>;
  /** Throws `signed_url_invalid`, `signed_url_expired`, and `not_found` where it is over. */
  download(
    id: string,
    link: { readonly expires: number; readonly signature: string },
    origin: RequestOrigin,
  ): Promise<AsyncGenerator<Uint8Array>>;
}

export interface OperatorExportsParts extends ExportsParts {
  readonly clock: Pick<Clock, 'now'>;
  readonly accountByName: AccountByName;
  readonly secrets: Pick<Secrets, 'derived'>;
  /** Where clients reach the server. */
  readonly reachedAt: () => string;
}

export function createOperatorExports(parts: OperatorExportsParts): OperatorExports {
  const { db, audit, secrets, clock } = parts;
  /** With all keys: the newest first, which signs. */
  const signaturesOf = (id: string, expires: number) =>
    secrets.derived(JSON.stringify([id, expires]), CONTEXT);

  function viewOf(row: ExportRow): OperatorExport {
    const { id, status, bytes, organization_id: of, subject_kind: kind } = row;
    const expires = Math.floor(clock.now() / 1_000) + LIFE;
    const link = `${parts.reachedAt()}/v1/exports/${id}/archive?expires=${expires}&signature=${signaturesOf(id, expires)[0]}`;
    return {
      id,
      account_id: kind === 'account' ? of : null,
      user_id: kind === 'user' ? of : null,
      asked_by: row.user_id,
      status,
      bytes,
      url: status === 'ready' ? link : null,
      url_expires_at: status === 'ready' ? new Date(expires * 1_000).toISOString() : null,
      expires_at: row.expires_at?.toISOString() ?? null,
      created_at: row.created_at.toISOString(),
    };
  }

  return {
    async ask(visitor, name) {
      const of = await subjectOf(parts, name);
      const [[found]] = await db.system('erasure.export', [subjectExists(of)]);
      if (found === undefined) throw new AppError('not_found');
      return askOnce(parts, { ...visitor, of }, { point: ASKED, show: viewOf });
    },
    async list({ after, limit }) {
      const [rows] = await db.system('erasure.export', [listOperatorExports(after, limit + 1)]);
      return page(rows, limit, { item: viewOf, position: ({ id }) => [id] });
    },
    async download(id, { expires, signature }, origin) {
      const isOurs = (one: string) => equalInConstantTime(one, signature);
      if (!signaturesOf(id, expires).some(isOurs)) throw new AppError('signed_url_invalid');
      if (expires * 1_000 < clock.now()) throw new AppError('signed_url_expired');
      const [[row]] = await db.system('erasure.export', [oneOperatorExport(id)]);
      if (row?.status !== 'ready') throw new AppError('not_found');
      // The actor is the holder of the link: no user is signed in.
      const event = { ...eventOf('export.downloaded', row), actor: { kind: 'system' } as const, origin };
      await db.system('erasure.export', DOWNLOADED, (tx) => audit.recordIn(tx, event));
      const key = { userId: row.user_id, id };
      return partsOf((part) => db.system('erasure.export', [onePart(key, part)]), row.bytes);
    },
  };
}

async function subjectOf(
  { accountByName }: OperatorExportsParts,
  { user_id: user, ...account }: SubjectName,
): Promise<Required<ExportSubject>> {
  if (user !== undefined) return { kind: 'user', id: user };
  return { kind: 'account', id: await accountByName(account) };
}

const subjectExists = ({ kind, id }: Required<ExportSubject>): Statement<{ found: boolean }> =>
  kind === 'account'
    ? statement('select true as found from accounts.accounts where account_id = $1', [id])
    : statement('select true as found from identity.users where user_id = $1', [id]);
