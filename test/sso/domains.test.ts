import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { advance } from '@plinth/testkit/factories';
import { type Company, openFixture, type Organization, outcomeOf } from './fixture.ts';

// No worker: what is looked up, and when, is for the tests to say.
const fixture = await openFixture({ work: false });
const { app, call, claim, company, names, newDomain, organization, publish, signIn, trail, verify } = fixture;
const { domains } = app.app.modules.sso;

async function listDomains({ path, owner }: Organization): Promise<Record<string, unknown>[]> {
  const { body } = await call(owner.token, `GET ${path}/sso/domains`);
  return body['data'] as Record<string, unknown>[];
}

/** A day goes by, and DNS is asked about all proven domains. */
async function dayLater(): Promise<void> {
  await advance(app.db, '25 hours');
  await domains.recheck();
}
const unpublish = ({ domain }: Company) => names.records.delete(`_sso-challenge.${domain}`);
const mailsOf = async ({ id }: Company) => {
  const sql = `select template from mail.messages where account_id = $1 and template like 'domain%' order by id`;
  const rows = await app.db.asMigrator(statement<{ template: string }>(sql, [id]));
  return rows.map(({ template }) => template);
};

const anybody = await organization();

describe('a domain', () => {
  test('is proven by its record in DNS, and only by its own', async () => {
    const [acme, other] = [await organization(), await organization()];
    const domain = newDomain();
    const claimed = await claim(acme, domain);
    expect(claimed.body).toMatchObject({ domain, status: 'pending', verified_at: null });
    expect(outcomeOf(await verify(acme, domain))).toBe('409 domain_unproven');
    publish(await claim(other, domain));
    expect(outcomeOf(await verify(acme, domain))).toBe('409 domain_unproven');
    publish(claimed);
    expect((await verify(acme, domain)).body).toMatchObject({ domain, status: 'verified' });
    expect(await listDomains(acme)).toMatchObject([{ domain, status: 'verified' }]);
    expect(await trail(acme)).toEqual(['sso.domain_verified', 'sso.domain_claimed']);
  });

  test('that is claimed again keeps its record, and a name is the same however it is written', async () => {
    const acme = await organization();
    const first = await claim(acme, 'Bücher-Company.test');
    expect(first.body).toMatchObject({ domain: 'xn--bcher-company-wob.test' });
    expect((await claim(acme, ' BÜCHER-company.TEST. ')).body).toEqual(first.body);
  });

  test.each([
    'gmail.com',
    'GoogleMail.com',
    'mail.gmail.com',
    'gmail.com.',
    'proton.me',
    'localhost',
    'com',
    '127.0.0.1',
    '[::1]',
    'acme..test',
    '-acme.test',
    'ac me.test',
    'acme.test/x',
    'acme.test:53',
    'acme.test?x',
    'acme%2etest',
    'someone@acme.test',
  ])('is not anybody’s, nor no domain: %s', async (domain) => {
    await fixture.forgetRates();
    expect(outcomeOf(await claim(anybody, domain))).toBe('400 domain_unfit');
  });

  test('is one organization’s: of two that prove it at once, and of all later', async () => {
    const rivals = [await organization(), await organization(), await organization()];
    const domain = newDomain();
    for (const rival of rivals) publish(await claim(rival, domain));
    const told = await Promise.all(rivals.map(async (rival) => outcomeOf(await verify(rival, domain))));
    expect(told.toSorted()).toEqual(['200', '409 domain_taken', '409 domain_taken']);
    const winner = rivals[told.indexOf('200')];
    const [loser] = rivals.filter((rival) => rival !== winner);
    if (winner === undefined || loser === undefined) throw new Error('nobody has won');
    await call(winner.owner.token, `DELETE ${winner.path}/sso/domains/${domain}`);
    expect(outcomeOf(await verify(loser, domain))).toBe('200');
  });

  test('is for admins to claim and prove, and for nobody else', async () => {
    const acme = await organization();
    const domain = newDomain();
    publish(await claim(acme, domain));
    const told: string[][] = [];
    for (const role of ['admin', 'member', undefined]) {
      const guest = await fixture.guest();
      if (role !== undefined) await fixture.join(acme.path, guest, role);
      const as = { ...acme, owner: guest };
      told.push([outcomeOf(await claim(as, domain)), outcomeOf(await verify(as, domain))]);
    }
    expect(told).toEqual([
      ['200', '200'],
      ['403 forbidden', '403 forbidden'],
      ['404 not_found', '404 not_found'],
    ]);
  });

  test('is not looked for where it was not claimed', async () => {
    expect(outcomeOf(await verify(await organization(), newDomain()))).toBe('404 not_found');
  });

  test('is one of twenty at most', async () => {
    const acme = await organization();
    for (let n = 0; n < 20; n += 1) {
      if (n === 15) await fixture.forgetRates();
      expect(outcomeOf(await claim(acme, newDomain()))).toBe('200');
    }
    await fixture.forgetRates();
    expect(outcomeOf(await claim(acme, newDomain()))).toBe('409 too_many_domains');
  });
});

describe('a proven domain', () => {
  test('whose record is gone is told of at once, and lost after three days', async () => {
    const acme = await company();
    const email = `grace@${acme.domain}`;
    unpublish(acme);
    await dayLater();
    expect(await listDomains(acme)).toMatchObject([{ status: 'missing' }]);
    await dayLater();
    expect(await signIn(acme, email)).toMatch(/^ey/);
    await dayLater();
    await dayLater();
    expect(await listDomains(acme)).toMatchObject([{ status: 'pending', verified_at: null }]);
    expect(await signIn(acme, email)).toBe('sso_refused');
    expect(await trail(acme, 'sso.domain_missing')).toHaveLength(1);
    expect(await trail(acme, 'sso.domain_lost')).toHaveLength(1);
    expect(await mailsOf(acme)).toEqual(['domain_missing', 'domain_lost']);
  });

  test('that is lost binds nobody any more, and another organization can prove it', async () => {
    const acme = await company();
    const ada = await fixture.person(`ada@${acme.domain}`);
    await fixture.join(acme.path, ada, 'member');
    await signIn(acme, ada.email);
    await fixture.setUp(acme, { enforced: true });
    expect(outcomeOf(await fixture.logIn(ada.email))).toBe('403 sso_required');
    unpublish(acme);
    for (let day = 0; day < 4; day += 1) await dayLater();
    expect(outcomeOf(await fixture.logIn(ada.email))).toBe('200');
    const next = await organization();
    publish(await claim(next, acme.domain));
    expect(outcomeOf(await verify(next, acme.domain))).toBe('200');
  });

  test('whose record comes back in time stays, as does one about which DNS says nothing', async () => {
    const acme = await company();
    const record = `_sso-challenge.${acme.domain}`;
    const texts = names.records.get(record) ?? [];
    unpublish(acme);
    await dayLater();
    names.records.set(record, texts);
    await dayLater();
    expect(await listDomains(acme)).toMatchObject([{ status: 'verified', missing_since: null }]);
    names.state = 'failing';
    expect(outcomeOf(await verify(acme, acme.domain))).toBe('503 dns_unavailable');
    for (let day = 0; day < 5; day += 1) await dayLater();
    names.state = 'well';
    expect(await listDomains(acme)).toMatchObject([{ status: 'verified', missing_since: null }]);
  });

  test('that is lost while DNS is asked stays lost', async () => {
    const acme = await company();
    const lost = statement('update sso.domains set verified_at = null where domain = $1', [acme.domain]);
    names.before = () => app.db.asMigrator(lost);
    await dayLater();
    names.before = async () => {};
    expect(await listDomains(acme)).toMatchObject([{ status: 'pending', verified_at: null }]);
  });

  test('is looked up while others are, and one that fails keeps none of them from their turn', async () => {
    const [spoiled, acme, other] = [await company(), await company(), await company()];
    for (const one of [spoiled, acme, other]) unpublish(one);
    const constraint = `check (domain <> '${spoiled.domain}') not valid`;
    await app.db.asMigrator(statement(`alter table sso.domains add constraint spoiled ${constraint}`));
    let asked = 0;
    const { promise: several, resolve } = Promise.withResolvers<void>();
    names.before = () => {
      asked += 1;
      if (asked === 3) resolve();
      return several;
    };
    await expect(dayLater()).rejects.toThrow('domains were not checked');
    names.before = async () => {};
    await app.db.asMigrator(statement('alter table sso.domains drop constraint spoiled'));
    for (const one of [acme, other]) expect(await listDomains(one)).toMatchObject([{ status: 'missing' }]);
  });
});
