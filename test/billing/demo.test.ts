import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { atEndOfFile } from '@plinth/testkit/closing';
import { BILLING_SETTINGS, openVendors, tellBilling } from '../../scripts/demo/billing/index.ts';
import { ROOT } from '@plinth/testkit/house/source';
import { testApp } from '@plinth/testkit/services/app';
import { engine } from '@plinth/testkit/services';

// What the providers say hangs on no engine.
test.runIf(engine === 'postgres')(
  'the demo of billing tells what its page says, to the word',
  async () => {
    const vendors = await openVendors();
    atEndOfFile(() => vendors.close());
    const { stripe, appStore, googlePlay } = vendors;
    const app = await testApp({
      stripe,
      appStore: [appStore],
      googlePlay,
      settings: BILLING_SETTINGS,
      work: false,
    });
    const said: string[] = [];
    await tellBilling({
      app: app.app,
      url: app.url,
      db: app.db,
      vendors,
      say: (line) => said.push(line),
    });
    const page = readFileSync(join(ROOT, 'docs/billing-demo.md'), 'utf8');
    const [, told] = /```text\n(.*?)\n```/s.exec(page) ?? [];
    expect(said.join('\n').trim()).toBe(told);
  },
  600_000,
);
