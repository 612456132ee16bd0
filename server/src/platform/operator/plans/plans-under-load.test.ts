import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createAudit } from '#platform/audit';
import { commitPoint, type Database, openDatabase } from '#platform/db';
import { createEntitlements } from '#platform/entitlements';
import type { Once } from '#platform/http';
import { createLimits, type Holder } from '#platform/limits';
import { createTelemetry } from '#platform/telemetry';
import { answers } from '@plinth/testkit/answers';
import { ids, makeAccount } from '@plinth/testkit/factories';
import { openNode, request } from '@plinth/testkit/fixtures/limits';
import { engine, temporaryFolder, testDatabase } from '@plinth/testkit/services';
import { atEndOfFile } from '@plinth/testkit/closing';
import { createPlans } from './index.ts';

/** Two limits of which each use takes one. In both versions the smaller is 30: by a mixture of them more, or fewer, would be admitted. */
const version = (uses: number, calls: number) => `
products:
  demo:
    limits: { uses: quota per month, calls: quota per month }
    features:
      use: { consumes: [uses, calls] }
    plans:
      free: { price: free, grants: { uses: ${uses}, calls: ${calls} } }
      paid: { price: 9, grants: { uses: ${uses}, calls: ${calls} } }
    default_plan: free
`;
const LIMIT = 30;
const path = join(temporaryFolder(), 'plans.yaml');
const point = commitPoint('test.plans', 'grants of the test');
const VERSIONS = [version(LIMIT, 2 * LIMIT), version(2 * LIMIT, LIMIT)];

test('while versions are pushed, 200 callers of two processes are each decided by one version whole', async () => {
  const { db, url } = await testDatabase();
  const { holder } = await openNode(db, []);
  const first = await processOn(db, holder);
  const second = engine === 'pglite' ? first : await processOn(await another(url), holder);
  const push = async (document: string) => {
    writeFileSync(`${path}.new`, document);
    renameSync(`${path}.new`, path);
    await first.plans.look();
  };
  await push(version(LIMIT, 2 * LIMIT));
  const accounts = await Promise.all(Array.from({ length: 8 }, () => makeAccount(db)));
  // Some have the default plan, others a snapshot of their own that is written anew with each version, and the last one bought it and is moved.
  for (const [place, { accountId }] of accounts.slice(0, 6).entries())
    await db.system('admin.grants', point, async (tx) => {
      await first.entitlements.grantIn(tx, {
        accountId,
        product: 'demo',
        plan: 'paid',
        source: place < 4 ? 'admin' : 'import',
        cause: 'a test',
        by: { kind: 'system' },
      });
    });
  const pushes = { done: false };
  const once: Once = (of, work) => db.system('plans.change', of, (tx) => work(tx));
  const by = {
    caller: { ...(await makeAccount(db)), platformRole: 'admin', scopes: ['*'] },
    origin: {
      requestId: 'moves',
      ip: '127.0.0.1',
      userAgent: 'test',
      traceparent: undefined,
      signal: new AbortController().signal,
    },
    once,
  } as const;
  const pushing = (async () => {
    for (let count = 1; count <= 8; count += 1) {
      await push(VERSIONS[count % 2] ?? '');
      await first.plans.moves.order({ plan: 'demo.paid', at: 'now', noticeDays: 0, ...by });
      await first.plans.moves.run();
    }
    pushes.done = true;
  })();
  const admitted = new Map<string, number>();
  const maxima = new Set<number>();
  await Promise.all([
    pushing,
    ...Array.from({ length: 200 }, async (_, caller) => {
      const member = accounts[caller % accounts.length];
      if (member === undefined) return;
      const { limits } = caller % 2 === 0 ? first : second;
      let uses = 0;
      do {
        const admission = await limits.admit(request(member));
        if (admission.kind === 'permit')
          admitted.set(member.accountId, (admitted.get(member.accountId) ?? 0) + 1);
        else if (admission.kind === 'denied') maxima.add(admission.denial.max);
        else throw new Error(`unexpected: ${admission.kind}`);
        uses += 1;
      } while (!pushes.done || uses < 3);
    }),
  ]);
  expect([...admitted.values()]).toEqual(accounts.map(() => LIMIT));
  expect([...maxima]).toEqual([LIMIT]);
});

/** A process: its plans, and the limits that read the same catalogues. */
async function processOn(db: Database, holder: Holder) {
  const audit = createAudit({ ids });
  const entitlements = createEntitlements({ db, ids, audit, catalogues: [] });
  const telemetry = createTelemetry({ logLevel: 'silent' });
  const plans = createPlans({
    db,
    ids,
    audit,
    entitlements,
    mail: { sending: () => [] },
    jobs: { handle: () => {}, schedule: () => {} },
    log: telemetry.logger,
    file: { path, isNamed: false },
    takesFile: true,
    mode: 'sandbox',
    preparePrices: async () => [],
  });
  await plans.ready();
  atEndOfFile(async () => plans.close());
  const { list: catalogues } = entitlements.liveCatalogues;
  return { entitlements, plans, limits: createLimits({ db, ids, answers, holder, catalogues }) };
}

async function another(url: string): Promise<Database> {
  const own = await openDatabase({ engine: 'postgres', url });
  atEndOfFile(() => own.close());
  return own;
}
