import { commitPoint } from '#platform/db';
import type { OpenIdSandbox } from '#sandbox/openid';
import { type Guest, fixtureOf as organizationsOf } from '../organizations/fixture.ts';
import { type Reply, type TestApp, testApp } from '@plinth/testkit/services/app';
import { browsersOf, RETURN_TO } from './browser.ts';
import { openProvider } from '@plinth/testkit/services/provider';
import { openNameServer } from './name-server.ts';

export { outcomeOf } from '../organizations/fixture.ts';

const MADE = commitPoint('test.sso', 'people of a test');
const PASSWORD = 'Analytical-Engine-1843';

/** An organization, by its path, and who owns it. */
export interface Organization {
  readonly path: string;
  readonly id: string;
  readonly owner: Guest;
}

/** One with a proven domain and a provider. */
export interface Company extends Organization {
  readonly domain: string;
}

export interface SetUp {
  readonly enforced?: boolean;
  readonly provisions?: boolean;
  readonly default_role?: string;
  /** The one of the stand, when not said. */
  readonly provider?: OpenIdSandbox;
}

/** The whole program with DNS and a provider beside it, and what its people do there. */
export async function openFixture(options: { readonly work?: boolean } = {}) {
  const names = await openNameServer();
  const provider = await openProvider();
  const settings = { SSO_DNS_SERVERS: names.address, SIGN_IN_RETURN_TO: RETURN_TO };
  const app = await testApp({ settings, ...options });
  const { call, guest, organization: makeOrganization, join, roleOf, signIn } = organizationsOf(app);
  const setting = settingUp(call, provider);
  let made = 0;

  /** An unclaimed domain. */
  const newDomain = () => {
    made += 1;
    return `company-${process.pid}-${made}.test`;
  };

  /** Puts the record of a claim into DNS, beside what is there. */
  function publish({ body }: Pick<Reply, 'body'>): void {
    const { name, value } = body['record'] as { name: string; value: string };
    names.records.set(name, ['v=spf1 -all', ...(names.records.get(name) ?? []), value]);
  }

  async function proveDomain(of: Organization, domain = newDomain()): Promise<string> {
    publish(await setting.claim(of, domain));
    await setting.verify(of, domain);
    return domain;
  }

  /** An organization whose owner has an address elsewhere. */
  async function organization(): Promise<Organization> {
    const owner = await guest();
    const path = await makeOrganization(owner);
    return { owner, path, id: path.split('/').at(-1) ?? '' };
  }

  return {
    app,
    names,
    provider,
    call,
    guest,
    join,
    roleOf,
    newDomain,
    publish,
    proven: proveDomain,
    organization,
    ...setting,
    ...browsersOf(app, provider),
    async company(change: SetUp = {}): Promise<Company> {
      const bare = await organization();
      const domain = await proveDomain(bare);
      await setting.setUp(bare, change);
      return { ...bare, domain };
    },
    /** A person who has registered with an address, and a password. */
    person: (email: string, emailVerified = true) => registerGuest(app, signIn, { email, emailVerified }),
    logIn: (email: string) =>
      app.call(undefined, 'POST /v1/auth/login', { body: { email, password: PASSWORD } }),
  };
}

type Call = ReturnType<typeof organizationsOf>['call'];

/** What owners do. */
function settingUp(call: Call, usual: OpenIdSandbox) {
  return {
    claim: (of: Organization, domain: string) =>
      call(of.owner.token, `POST ${of.path}/sso/domains`, { domain }),
    verify: (of: Organization, domain: string) =>
      call(of.owner.token, `POST ${of.path}/sso/domains/${domain}/verify`),
    setUp: (of: Organization, { provider = usual, ...agreed }: SetUp = {}) =>
      call(of.owner.token, `PUT ${of.path}/sso`, {
        issuer: provider.url,
        client_id: provider.clientId,
        client_secret: provider.clientSecret,
        enforced: false,
        provisions: true,
        default_role: 'member',
        ...agreed,
      }),
    /** What happened in an organization, the newest first. */
    async trail(of: Organization, action = 'sso'): Promise<string[]> {
      const { body } = await call(of.owner.token, `GET ${of.path}/audit?action=${action}&limit=100`);
      return (body['data'] as { action: string }[]).map((one) => one.action);
    },
  };
}

async function registerGuest(
  { app, db }: TestApp,
  signIn: (email: string, password: string) => Promise<string>,
  { email, emailVerified }: { readonly email: string; readonly emailVerified: boolean },
): Promise<Guest> {
  const { userId } = await db.system('owner.first-start', MADE, (tx) =>
    app.modules.identity.createUser(tx, { email, password: PASSWORD, emailVerified }),
  );
  return { userId, email, token: await signIn(email, PASSWORD) };
}
