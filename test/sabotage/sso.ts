import type { Patch } from './patch.ts';

const SIGN_IN = 'test/sso/sign-in.test.ts ::';
const WAYS = 'test/sso/ways.test.ts ::';
const SETUP = 'test/sso/setup.test.ts ::';
const DOMAINS = 'test/sso/domains.test.ts ::';

/** Single sign-on: for whom a provider speaks, whose a domain is, and who must come by it. */
export const SSO: readonly Patch[] = [
  {
    name: 'sso-for-a-foreign-domain',
    file: 'src/platform/sso/admission.ts',
    find: "if (own.length === 0) throw new AppError('sso_refused');",
    replace: '',
    expects: `${SIGN_IN} a provider does not speak for > an address outside the proven domains of its own organization`,
  },
  {
    name: 'sso-for-an-address-that-moved',
    file: 'src/platform/sso/admission.ts',
    find: "if (!own) throw new AppError('sso_refused');",
    replace: '',
    expects: `${SIGN_IN} a provider does not speak for > a user whose address here is no longer in the domain, whatever it says theirs is`,
  },
  {
    name: 'sso-for-a-reused-address',
    file: 'src/platform/sso/admission.ts',
    find: 'person.subject !== null && person.subject !== vouched.subject',
    replace: "person.subject === ''",
    expects: `${SIGN_IN} a provider does not speak for > whoever has an address that was another’s before`,
  },
  {
    name: 'sso-for-an-admin-of-the-platform',
    file: 'src/platform/sso/admission.ts',
    find: "if (person.platform_role === 'admin') throw new AppError('sso_refused');",
    replace: '',
    expects: `${SIGN_IN} a provider does not speak for > an admin of the platform`,
  },
  {
    name: 'sso-to-an-unverified-address',
    file: 'src/platform/sso/admission.ts',
    find: "if (!person.email_verified) throw new AppError('email_not_verified');",
    replace: '',
    expects: `${SIGN_IN} somebody of a company > is not let in to the account of whoever registered with their address and has not verified it`,
  },
  {
    name: 'sso-brings-the-removed-back',
    file: 'src/platform/sso/admission.ts',
    find: 'if (!agreed.provisions || person?.subject != null)',
    replace: 'if (!agreed.provisions)',
    expects: `${SIGN_IN} somebody of a company > who was removed does not come back by themselves, until an admin forgets whom the provider means`,
  },
  {
    name: 'sso-by-a-private-google-account',
    file: 'src/platform/sso/vouching.ts',
    find: 'hostedDomain !== domain',
    replace: 'hostedDomain === null',
    expects:
      'src/platform/sso/vouching.test.ts :: a provider vouches for an address > at Google only where its organization is that of the address: anybody can have a private account with it',
  },
  {
    name: 'sso-lasts-for-months',
    file: 'src/platform/identity/session-store.ts',
    find: "when 'sso' then least(interval '1 day', make_interval(days => ${days}))",
    replace: "when 'sso' then make_interval(days => ${days})",
    expects: `${SIGN_IN} somebody of a company > is outside a day later, unless the provider lets them in again`,
  },
  {
    name: 'sso-state-outlives-its-setup',
    file: 'src/platform/sso/sign-in.ts',
    find: '`sso ${id} ${version}`',
    replace: '`sso ${id} ${version.slice(0, 0)}`',
    expects: `${WAYS} while somebody is under way > it is set up otherwise: whoever began before begins anew`,
  },
  {
    name: 'sso-state-for-any-organization',
    file: 'src/platform/sso/sign-in.ts',
    find: '`sso ${id} ${version}`',
    replace: '`sso ${(id + version).slice(0, 0)}`',
    expects: `${WAYS} a browser that comes back > is not let in with an altered state, with another’s cookie or none, nor at another organization`,
  },
  {
    name: 'sso-code-outlives-its-setup',
    file: 'src/platform/sso/rule.ts',
    find: "if (!bindings.some((one) => one.is_linked && one.in_domain)) throw new AppError('sign_in_failed');",
    replace: '',
    expects: `${WAYS} while somebody is under way > single sign-on ends: nobody is let in, at the provider or on the way back`,
  },
  {
    name: 'sso-requirement-ignored',
    file: 'src/platform/sso/rule.ts',
    find: "if (enforced.some(({ role }) => role !== 'owner')) throw new AppError('sso_required');",
    replace: '',
    expects: `${SETUP} a company can require single sign-on > members come by it or not at all; what they had opened otherwise is closed, their keys go on`,
  },
  {
    name: 'sso-locks-owners-out',
    file: 'src/platform/sso/rule.ts',
    find: "({ role }) => role !== 'owner'",
    replace: "({ role }) => role !== 'viewer'",
    expects: `${SETUP} a company can require single sign-on > owners of its domain get in by their password when the provider is away, and the audit says so`,
  },
  {
    name: 'sso-escaped-by-another-address',
    file: 'src/platform/sso/migrations/0001_sso.up.sql',
    find: 'd.domain in (sso.domain_of(u.email), l.domain)',
    replace: 'd.domain = sso.domain_of(u.email)',
    expects: `${SETUP} a company can require single sign-on > a member who takes their address elsewhere does not get round it`,
  },
  {
    name: 'sso-required-before-it-works',
    file: 'src/platform/sso/connections.ts',
    find: "if (made.enforced && !mayEnforce) throw new AppError('sso_unproven');",
    replace: 'if (made.enforced && !mayEnforce) await Promise.resolve();',
    expects: `${SETUP} a company can require single sign-on > once somebody has come by it as it is, and a domain is proven`,
  },
  {
    name: 'sso-set-up-in-an-old-session',
    file: 'src/platform/sso/connection-routes.ts',
    find: "    stepUp: true,\n    rate: { perMinute: 20, by: 'user' },\n    body:",
    replace: "    rate: { perMinute: 20, by: 'user' },\n    body:",
    expects: `${SETUP} who sets it up > has proven lately who they are`,
  },
  {
    name: 'sso-set-up-by-an-admin',
    file: 'src/platform/sso/connections.ts',
    find: "  const { accountId } = await accounts.entry.enter(visit, 'owner');\n  assertReachable(parts, change.issuer);\n  const { row, ended } = await db.tenant(accountId, CHANGED, async (tx) => {\n    await accounts.entry.lock(tx, visit, { least: 'owner' });",
    replace:
      "  const { accountId } = await accounts.entry.enter(visit, 'admin');\n  assertReachable(parts, change.issuer);\n  const { row, ended } = await db.tenant(accountId, CHANGED, async (tx) => {\n    await accounts.entry.lock(tx, visit, { least: 'admin' });",
    expects: `${SETUP} who sets it up > is an owner: admins read, members and strangers do not`,
  },
  {
    name: 'sso-secret-goes-to-another-provider',
    file: 'src/platform/sso/connections.ts',
    find: 'if (secret === undefined && !isSameProvider) {',
    replace: 'if (secret === undefined && before === undefined) {',
    expects: `${SETUP} who sets it up > never gets the secret back; it is sealed, and belongs to one issuer and client`,
  },
  {
    name: 'sso-domain-of-two',
    file: 'src/platform/sso/migrations/0001_sso.up.sql',
    find: 'create unique index domains_verified',
    replace: 'create index domains_verified',
    expects: `${DOMAINS} a domain > is one organization’s: of two that prove it at once, and of all later`,
  },
  {
    name: 'sso-domain-proven-by-any-record',
    file: 'src/platform/sso/domains.ts',
    find: '(await txtRecords(name)).includes(value)',
    replace: '(await txtRecords(name)).length > value.length * 0',
    expects: `${DOMAINS} a domain > is proven by its record in DNS, and only by its own`,
  },
  {
    name: 'sso-domain-of-everybody',
    file: 'src/platform/sso/domains.ts',
    find: 'domain === undefined || isPublicMail(domain)',
    replace: 'domain === undefined',
    expects: `${DOMAINS} a domain > is not anybody’s, nor no domain: gmail.com`,
  },
  {
    name: 'sso-domain-never-lost',
    file: 'src/platform/sso/domain-store.ts',
    find: "interval '${MISSING_DAYS} days'",
    replace: "interval '${MISSING_DAYS * 100} days'",
    expects: `${DOMAINS} a proven domain > whose record is gone is told of at once, and lost after three days`,
  },
  {
    name: 'sso-domain-lost-by-silence',
    file: 'src/platform/sso/domains.ts',
    find: '.catch(() => undefined)',
    replace: '.catch(() => false)',
    expects: `${DOMAINS} a proven domain > whose record comes back in time stays, as does one about which DNS says nothing`,
  },
];
