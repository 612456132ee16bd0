import type { OrganizationRequest } from '#platform/accounts';
import { commitPoint, type Transaction } from '#platform/db';
import { mailTimeNow } from '#platform/mail';
import { callerChanged, profile } from '#platform/identity';
import { type AccountId, AppError, type Clock, type UserId, invalidInput } from '#platform/kernel';
import { urlProblem } from '#platform/webhooks';
import {
  CLIENT_SECRET,
  connectionOf,
  type ConnectionRow,
  type ConnectionTerms,
  deleteConnection,
  type Ended,
  endOtherSessions,
  endSessionsOfLinks,
  forgetLink,
  forgetLinks,
  insertConnection,
  managersOf,
  type NewConnection,
  updateConnection,
} from './connection-store.ts';
import { domainsOf } from './domain-store.ts';
import { eventOf, type SetupParts } from './setup.ts';

const CHANGED = commitPoint(
  'sso.connection-changed',
  'how an organization’s people sign in, the end of sessions that were opened otherwise or by a provider that is gone, and the mails that tell of it',
);
const FORGOTTEN = commitPoint(
  'sso.link-forgotten',
  'whom the provider meant by a subject, no longer, and the end of the sessions that it opened',
);

export interface ConnectionView extends ConnectionTerms {
  /** When a user first signed in by it as it is; null: none has. */
  readonly proven_at: string | null;
  /** The address that the provider must know: it sends browsers back there. */
  readonly redirect_uri: string;
  readonly updated_at: string;
}

export interface ConnectionChange extends ConnectionTerms {
  /** Left out: the one that is there stays, as long as issuer and client do. */
  readonly client_secret?: string | undefined;
}

/** An organization's terms with its provider. Admins read it; owners alone change it, for it lets in as any of them. */
export interface Connections {
  /** Throws `sso_unconfigured` where there is none. */
  get(request: OrganizationRequest): Promise<ConnectionView>;
  /** The provider is not asked: whether it is one shows at the first sign-in. Throws `sso_unproven`. */
  put(request: OrganizationRequest, change: ConnectionChange): Promise<ConnectionView>;
  /** Ends it, with all links and the sessions that it opened; sign-ins under way are refused. */
  remove(request: OrganizationRequest): Promise<void>;
  /** For admins: whom the provider means by this user's subject is settled anew when they next come; their sessions by it end. */
  forget(request: OrganizationRequest, userId: string): Promise<void>;
}

export interface ConnectionsParts extends SetupParts {
  readonly clock: Clock;
  /** Whether a provider may be on this machine: in development. */
  readonly allowLoopback: boolean;
  /** Where the provider of an organization sends browsers back to. */
  readonly redirectUri: (accountId: AccountId) => string;
}

export function createConnections(parts: ConnectionsParts): Connections {
  const { db, accounts, audit } = parts;
  return {
    async get(request) {
      const { accountId } = await accounts.authorizeMember(request, 'admin');
      const [[row]] = await db.tenant(accountId, [connectionOf(accountId)]);
      return connectionView(parts, row);
    },
    put: (request, change) => put(parts, request, change),
    remove: (request) => remove(parts, request),
    async forget(request, userId) {
      const { accountId } = await accounts.authorizeMember(request, 'admin');
      const ended = await db.tenant(accountId, FORGOTTEN, async (tx) => {
        await accounts.lockAuthorized(tx, request, { least: 'admin' });
        const signedOut = await tx.run(endSessionsOfLinks(userId as UserId));
        const [link] = await tx.run(forgetLink(accountId, userId as UserId));
        if (link === undefined) throw new AppError('not_found');
        const target = { kind: 'user', id: userId };
        await audit.recordIn(tx, eventOf(request, 'sso.link_forgotten', { target }));
        return signedOut;
      });
      signal(parts, ended);
    },
  };
}

async function put(
  parts: ConnectionsParts,
  request: OrganizationRequest,
  asked: ConnectionChange,
): Promise<ConnectionView> {
  const { db, accounts, audit, mail } = parts;
  const { accountId } = await accounts.authorizeMember(request, 'owner');
  await assertVerifiedEmail(db, request.caller);
  const change = { ...asked, issuer: issuerOf(parts, asked.issuer) };
  const { row, ended } = await db.tenant(accountId, CHANGED, async (tx) => {
    await accounts.lockAuthorized(tx, request, { least: 'owner' });
    const [[before], domains] = await tx.runAll([connectionOf(accountId), domainsOf(accountId)]);
    const made = connectionFrom(parts, { accountId, before, change });
    const mayEnforce =
      made.isSameProvider && before?.proven_at != null && domains.some((one) => one.verified_at !== null);
    if (made.enforced && !mayEnforce) throw new AppError('sso_unproven');
    const signedOut = made.isSameProvider ? [] : await forgetAll(tx, accountId);
    const store = before === undefined ? insertConnection : updateConnection;
    const [stored] = await tx.run(store(accountId, made));
    const { client_secret: secret, ...said } = change;
    const changes = { ...said, has_new_client: secret !== undefined };
    await audit.recordIn(tx, eventOf(request, 'sso.configured', { changes }));
    await tellOwners(parts, tx, { request, change: toldOf(before, made) });
    return { row: stored, ended: [...signedOut, ...(await tx.run(endOtherSessions()))] };
  });
  mail.wake();
  signal(parts, ended);
  return connectionView(parts, row);
}

/**
 * A user who has proven no address may have another's, and its owner comes for it one day (identity's `claimAddress`): until then
 * no other person is let into what they made, neither by an invitation nor by a provider.
 */
async function assertVerifiedEmail(
  db: SetupParts['db'],
  { userId }: OrganizationRequest['caller'],
): Promise<void> {
  const [[user]] = await db.user(userId, [profile(userId)]);
  if (user?.email_verified !== true) throw new AppError('email_not_verified');
}

/** Whom the provider meant, and the sessions that it opened: those first, for the links say whose they are. */
async function forgetAll(tx: Transaction, accountId: AccountId): Promise<Ended[]> {
  const ended = await tx.run(endSessionsOfLinks());
  await tx.run(forgetLinks(accountId));
  return ended;
}

function signal({ db }: Pick<ConnectionsParts, 'db'>, ended: readonly Ended[]): void {
  for (const { user_id } of ended) callerChanged(db, user_id);
}

/**
 * An issuer as it is stored: one spelling of one address. A tenant names whom we ask: nothing inside our own network, and no
 * discovery document itself, which could say that it is any issuer's.
 */
function issuerOf({ allowLoopback }: Pick<ConnectionsParts, 'allowLoopback'>, text: string): string {
  const message = urlProblem(text, { allowLoopback }) ?? objectionToDocument(text);
  // A host alone is written with a slash at its end, and mostly meant without.
  if (message === undefined) return new URL(text).href.replace(/^(\w+:\/\/[^/]+)\/$/, '$1');
  throw invalidInput('body.issuer', message);
}

function objectionToDocument(text: string): string | undefined {
  return new URL(text).href.includes('/.well-known/')
    ? 'It must be the issuer, not the address of its discovery document.'
    : undefined;
}

/** The row for a change. A secret belongs to an issuer and client: with another of them it must be said anew. */
function connectionFrom(
  { ids, secrets }: ConnectionsParts,
  {
    accountId,
    before,
    change,
  }: {
    readonly accountId: AccountId;
    readonly before: ConnectionRow | undefined;
    readonly change: ConnectionChange;
  },
): NewConnection {
  const { issuer, client_id: clientId, client_secret: secret } = change;
  const isSameProvider = before?.issuer === issuer && before.client_id === clientId;
  if (secret === undefined && !isSameProvider) {
    throw new AppError('validation_failed', {
      message: 'The secret that is kept is that of another provider or client. Send client_secret, too.',
      details: { issues: [{ path: 'body.client_secret', message: 'is needed' }] },
    });
  }
  return {
    version: ids.next(),
    issuer,
    clientId,
    sealedSecret: secret === undefined ? undefined : secrets.seal(secret, CLIENT_SECRET.context(accountId)),
    enforced: change.enforced,
    provisions: change.provisions,
    defaultRole: change.default_role,
    isSameProvider,
  };
}

function toldOf(before: ConnectionRow | undefined, { enforced, isSameProvider }: NewConnection): string {
  if (before === undefined) return 'Single sign-on was set up.';
  if (!isSameProvider) return 'Single sign-on goes to another provider.';
  if (enforced === before.enforced) return 'How single sign-on is set up was changed.';
  return enforced ? 'Single sign-on is required now.' : 'Single sign-on is no longer required.';
}

async function remove(parts: ConnectionsParts, request: OrganizationRequest): Promise<void> {
  const { db, accounts, audit, mail } = parts;
  const { accountId } = await accounts.authorizeMember(request, 'owner');
  const ended = await db.tenant(accountId, CHANGED, async (tx) => {
    await accounts.lockAuthorized(tx, request, { least: 'owner' });
    const signedOut = await forgetAll(tx, accountId);
    const [removed] = await tx.run(deleteConnection(accountId));
    if (removed === undefined) throw new AppError('sso_unconfigured');
    await audit.recordIn(tx, eventOf(request, 'sso.removed', { changes: removed }));
    await tellOwners(parts, tx, { request, change: 'Single sign-on was removed.' });
    return signedOut;
  });
  mail.wake();
  signal(parts, ended);
}

/** Each owner hears of it: what is changed here lets others in. */
async function tellOwners(
  { mail, clock }: ConnectionsParts,
  tx: Transaction,
  { request, change }: { readonly request: OrganizationRequest; readonly change: string },
): Promise<void> {
  const accountId = request.organization as AccountId;
  const at = mailTimeNow(clock);
  for (const { email: to, user_id: userId, organization } of await tx.run(managersOf(accountId, ['owner'])))
    await tx.runAll(
      mail.sending({
        to,
        userId,
        accountId,
        template: 'sso_changed',
        facts: { organization, change, at },
        requestId: request.origin.requestId,
      }),
    );
}

function connectionView(
  { redirectUri }: Pick<ConnectionsParts, 'redirectUri'>,
  row: ConnectionRow | undefined,
): ConnectionView {
  if (row === undefined) throw new AppError('sso_unconfigured');
  return {
    issuer: row.issuer,
    client_id: row.client_id,
    enforced: row.enforced,
    provisions: row.provisions,
    default_role: row.default_role,
    proven_at: row.proven_at?.toISOString() ?? null,
    redirect_uri: redirectUri(row.account_id),
    updated_at: row.updated_at.toISOString(),
  };
}
