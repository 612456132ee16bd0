import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { openFixture, outcomeOf } from './fixture.ts';

const fixture = await openFixture();
const { app, provider } = fixture;
const page = readFileSync(new URL('../../docs/sso.md', import.meta.url), 'utf8');
/** The commands of the page, with the lines that go on. */
const commands = page.match(/^ {4}curl(?:.|\n(?= {4}))*/gm) ?? [];

test.runIf(app.db.engine === 'postgres')('the set-up of docs/sso.md leads to a sign-in', async () => {
  const { owner, id, path } = await fixture.organization();
  const domain = fixture.newDomain();
  const run = async (command = '') => {
    const env = { PATH: process.env['PATH'] ?? '', URL: app.url, TOKEN: owner.token, ORG: id };
    const filled = command
      .replaceAll('https://login.acme.com', provider.url)
      .replaceAll('acme.com', domain)
      .replace('"client_id": "…"', `"client_id": "${provider.clientId}"`)
      .replace('"client_secret": "…"', `"client_secret": "${provider.clientSecret}"`);
    const { stdout } = await promisify(execFile)('bash', ['-c', filled.replace('curl', 'curl -sS')], { env });
    return JSON.parse(stdout) as Record<string, unknown>;
  };
  const [claim, verify, setUp] = commands;
  fixture.publish({ body: await run(claim) });
  expect(await run(verify)).toMatchObject({ domain, status: 'verified' });
  expect(await run(setUp)).toMatchObject({ issuer: provider.url, enforced: false });
  const company = { owner, id, path };
  expect(await fixture.signIn(company, `grace@${domain}`)).toMatch(/^ey/);
  expect(outcomeOf(await fixture.setUp(company, { enforced: true }))).toBe('200');
});
