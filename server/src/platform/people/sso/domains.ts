import type { OrganizationRequest } from '#platform/accounts';
import { commitPoint, type Transaction } from '#platform/db';
import { type Answer, answer, type Once } from '#platform/http';
import { callerChanged } from '#platform/identity';
import { AppError, randomToken, hasCode } from '#platform/kernel';
import { endOtherSessions, managersOf } from './connection-store.ts';
import { domainName, isPublicMail } from './domain-names.ts';
import {
  deleteDomain,
  domainById,
  type DomainRow,
  domainsOf,
  domainsToCheck,
  insertDomain,
  markMissing,
  markPresent,
  markVerified,
  MISSING_DAYS,
  putOff,
} from './domain-store.ts';
import { eventOf, type SetupParts } from './setup.ts';

const CLAIMED = commitPoint(
  'sso.domain-claimed',
  'a domain that an organization says is its own, or no longer',
);
const VERIFIED = commitPoint(
  'sso.domain-verified',
  'a proven domain, with the end of sessions that single sign-on must open from now on',
);
const CHECKED = commitPoint(
  'sso.domain-checked',
  'what DNS says of a proven domain, its loss perhaps, and the mails that tell of it',
);

const MOST = 20;
const CHECKED_IN_A_ROUND = 200;
/** Lookups at a time: one that hangs takes six seconds. */
const LOOKED_UP_AT_ONCE = 8;
const PREFIX = 'sso-verification=';

export interface DomainView {
  readonly domain: string;
  readonly status: 'pending' | 'verified' | 'missing';
  /** Record that DNS must show, as long as the domain is to be the organization's. */
  readonly record: { readonly type: 'TXT'; readonly name: string; readonly value: string };
  readonly verified_at: string | null;
  /** Since when DNS lacks the record of a verified one. */
  readonly missing_since: string | null;
}

/** Which domains are an organization's own, for its admins. */
export interface Domains {
  list(request: OrganizationRequest): Promise<DomainView[]>;
  /** Answers the record that proves it. A domain that is claimed already keeps its record. */
  claim(request: OrganizationRequest & { readonly once: Once }, domain: string): Promise<Answer<DomainView>>;
  /** Looks the record up. Throws `domain_unproven`, `domain_taken`, `dns_unavailable`. */
  verify(request: OrganizationRequest, domain: string): Promise<DomainView>;
  /** Users can't come by way of it any more. */
  remove(request: OrganizationRequest, domain: string): Promise<void>;
  /** Asks DNS anew about verified domains; hourly maintenance calls it. Answers about how many. Throws, at the end, where some failed. */
  recheck(): Promise<number>;
}

export function createDomains(parts: SetupParts): Domains {
  const { db, accounts } = parts;
  return {
    async list(request) {
      const { accountId } = await accounts.authorizeMember(request, 'admin');
      const [rows] = await db.tenant(accountId, [domainsOf(accountId)]);
      return rows.map(domainView);
    },
    claim: (request, domain) => claim(parts, request, domain),
    verify: (request, domain) => verify(parts, request, domain),
    remove: (request, domain) => remove(parts, request, domain),
    async recheck() {
      const [due] = await db.system('sso.domains', [domainsToCheck(CHECKED_IN_A_ROUND)]);
      await recheckAll(parts, due);
      return due.length;
    },
  };
}

/** A few at a time. One that fails keeps no other from its turn; it is told when all had theirs. */
async function recheckAll(parts: SetupParts, due: readonly DomainRow[]): Promise<void> {
  const waiting = due.values();
  const failures: unknown[] = [];
  const some = async () => {
    for (const row of waiting) await recheck(parts, row).catch((error: unknown) => failures.push(error));
  };
  await Promise.all(Array.from({ length: LOOKED_UP_AT_ONCE }, some));
  if (failures.length > 0) throw new AggregateError(failures, 'domains were not checked');
}

async function claim(
  parts: SetupParts,
  request: OrganizationRequest & { readonly once: Once },
  text: string,
): Promise<Answer<DomainView>> {
  const { accounts, audit, random } = parts;
  const { accountId } = await accounts.authorizeMember(request, 'admin');
  const domain = domainName(text);
  if (domain === undefined || isPublicMail(domain)) throw new AppError('domain_unfit');
  const challenge = randomToken(random);
  const claimDomain = async (tx: Transaction) => {
    await accounts.lockAuthorized(tx, request, { least: 'admin' });
    const [all, [claimed]] = await tx.runAll([
      domainsOf(accountId),
      insertDomain(accountId, domain, challenge),
    ]);
    if (claimed === undefined)
      return answer(200, domainView(requireRow(all.find((one) => one.domain === domain))));
    if (all.length >= MOST) throw new AppError('too_many_domains');
    await audit.recordIn(tx, eventOf(request, 'sso.domain_claimed', about(domain)));
    return answer(200, domainView(claimed));
  };
  return request.once(CLAIMED, claimDomain, { account: accountId });
}

async function verify(parts: SetupParts, request: OrganizationRequest, domain: string): Promise<DomainView> {
  const { db, accounts, audit } = parts;
  const { accountId } = await accounts.authorizeMember(request, 'admin');
  const [[claimed]] = await db.tenant(accountId, [domainById(accountId, domain)]);
  if (!(await isProven(parts, requireRow(claimed)))) throw new AppError('domain_unproven');
  const { row, ended } = await db
    .tenant(accountId, VERIFIED, async (tx) => {
      await accounts.lockAuthorized(tx, request, { least: 'admin' });
      const [verified] = await tx.run(markVerified(requireRow(claimed)));
      await audit.recordIn(tx, eventOf(request, 'sso.domain_verified', about(domain)));
      return { row: requireRow(verified), ended: await tx.run(endOtherSessions()) };
    })
    .catch(unlessTaken);
  for (const { user_id } of ended) callerChanged(db, user_id);
  return domainView(row);
}

async function remove(parts: SetupParts, request: OrganizationRequest, domain: string): Promise<void> {
  const { db, accounts, audit } = parts;
  const { accountId } = await accounts.authorizeMember(request, 'admin');
  await db.tenant(accountId, CLAIMED, async (tx) => {
    await accounts.lockAuthorized(tx, request, { least: 'admin' });
    requireRow((await tx.run(deleteDomain(accountId, domain)))[0]);
    await audit.recordIn(tx, eventOf(request, 'sso.domain_removed', about(domain)));
  });
}

/** Records of the names that were handed out before brands prove as the present ones do. */
async function isProven({ txtRecords }: Pick<SetupParts, 'txtRecords'>, row: DomainRow): Promise<boolean> {
  const { name, value } = recordOf(row);
  if ((await txtRecords(name)).includes(value)) return true;
  const { domain, challenge } = row;
  return (await txtRecords(`_plinth-challenge.${domain}`)).includes(`plinth-verification=${challenge}`);
}

/** Silence of DNS proves nothing: a domain is lost by answers alone. */
async function recheck(parts: SetupParts, row: DomainRow): Promise<void> {
  const { db } = parts;
  const proven = await isProven(parts, row).catch(() => undefined);
  await db.tenant(row.account_id, CHECKED, async (tx) => {
    if (proven === undefined) await tx.run(putOff(row));
    else if (proven) await tx.run(markPresent(row));
    else await recordMissing(parts, tx, row);
  });
  parts.mail.wake();
}

async function recordMissing(
  { audit, mail }: Pick<SetupParts, 'audit' | 'mail'>,
  tx: Transaction,
  row: DomainRow,
): Promise<void> {
  const { account_id: accountId, domain } = row;
  const [state] = await tx.run(markMissing(row));
  if (state === undefined || !(state.is_new || state.is_lost)) return;
  await audit.recordIn(tx, {
    action: state.is_lost ? 'sso.domain_lost' : 'sso.domain_missing',
    actor: { kind: 'system' },
    accountId,
    ...about(domain),
  });
  const { name, value } = recordOf(row);
  for (const { email: to, user_id: userId, organization } of await tx.run(
    managersOf(accountId, ['owner', 'admin']),
  ))
    await tx.runAll(
      state.is_lost
        ? mail.sending({ to, userId, accountId, template: 'domain_lost', facts: { domain, organization } })
        : mail.sending({
            to,
            userId,
            accountId,
            template: 'domain_missing',
            facts: { domain, organization, name, value, days: MISSING_DAYS },
          }),
    );
}

function recordOf({ domain, challenge }: DomainRow): DomainView['record'] {
  return { type: 'TXT', name: `_sso-challenge.${domain}`, value: `${PREFIX}${challenge}` };
}

const about = (domain: string) => ({ target: { kind: 'domain', id: domain } });

function requireRow<Row>(row: Row | undefined): Row {
  if (row === undefined) throw new AppError('not_found');
  return row;
}

/** Another organization has proven it, perhaps in this very moment: the index alone sees both. */
function unlessTaken(error: unknown): never {
  const isTaken = hasCode(error, '23505');
  throw isTaken ? new AppError('domain_taken', { cause: error }) : error;
}

function domainView(row: DomainRow): DomainView {
  return {
    domain: row.domain,
    status: row.verified_at === null ? 'pending' : row.missing_since === null ? 'verified' : 'missing',
    record: recordOf(row),
    verified_at: row.verified_at?.toISOString() ?? null,
    missing_since: row.missing_since?.toISOString() ?? null,
  };
}
