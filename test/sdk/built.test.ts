import { chromium } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '@plinth/testkit/services';
import { testApp } from '@plinth/testkit/services/app';
import { programsOnPath } from '@plinth/testkit/services/programs';
import type { Smoke } from './smoke.ts';
import { compileExamples, makeStranger, olderNode, runIn, serveStranger } from './stranger.ts';

const app = await testApp();
const folder = temporaryFolder();
let making: Promise<void> | undefined;
/** Made by whichever test comes first, so that it fails when it can't be made. */
const installOnce = () => (making ??= makeStranger(folder));

const WORKS = {
  kept: 'Ship faster',
  last: 'done',
  variants: 1,
  said: true,
  worked: 'done',
  denied: ['concurrent', 1, true],
  signedUp: 'signed_in',
  isMe: true,
  lacking: 'reel.basic',
  isSignedIn: false,
  lost: true,
};

async function prepareSmoke(runtime: string): Promise<Smoke> {
  await installOnce();
  const { key } = await app.customer('reel.basic', 'adiuva.team');
  const isPage = runtime === 'chromium';
  return { baseUrl: app.url, apiKey: key, email: `${runtime}@example.com`, isPage };
}

/** A test says why it does not run; with CI=true that is a failure. */
describe('the client as it is built and installed, by its types too, works in', () => {
  it('Node', async () => {
    expect(await runIn(process.execPath, folder, await prepareSmoke('node'))).toEqual(WORKS);
  });

  it('an older Node', async ({ skip }) => {
    const program = olderNode();
    if (program === undefined) return skip('there is no Node 20 to 23 on PATH');
    expect(await runIn(program, folder, await prepareSmoke('older'))).toEqual(WORKS);
  });

  it('Bun', async ({ skip }) => {
    const [program] = programsOnPath('bun');
    if (program === undefined) return skip('there is no bun on PATH (.ci/run says how to have it from npm)');
    expect(await runIn(program, folder, await prepareSmoke('bun'))).toEqual(WORKS);
  });

  it('Chromium, from another origin', async ({ skip }) => {
    const [program] = ['chromium', 'chromium-browser', 'google-chrome'].flatMap(programsOnPath);
    if (program === undefined) return skip('there is no chromium on PATH (Debian: apt-get install chromium)');
    const { url, server } = await serveStranger(folder);
    const browser = await chromium.launch({ executablePath: program, timeout: 120_000 });
    try {
      const page = await browser.newPage();
      await page.goto(url);
      // As text: Vitest would rewrite an import() of ours.
      const smoke = JSON.stringify(await prepareSmoke('chromium'));
      const report: unknown = await page.evaluate(`import('/smoke.js').then((it) => it.smoke(${smoke}))`);
      expect(report).toEqual(WORKS);
    } finally {
      await browser.close();
      server.close();
    }
  });
});

it('each example of docs/sdk.md, docs/backend.md, docs/license-client.md, docs/vault.md and docs/memory.md compiles in strict mode', async () => {
  await installOnce();
  await expect(compileExamples(folder)).resolves.toBeUndefined();
});
