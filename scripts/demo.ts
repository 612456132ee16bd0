/**
 * `npm run demo`: a creator's day on a server of its own, each call and answer printed. `npm run demo -- prism`: a person's week with Prism.
 * `npm run demo -- adiuva`: a question by socket, a change, a plan run step by step, notes on two devices, a backup.
 * `npm run demo -- marketplace`: a plugin is submitted, reviewed, bought, refunded in part, paid out and removed.
 * `npm run demo -- billing`: people who pay at three providers, and what they and the operator see, months in seconds.
 */
import { setInterval } from 'node:timers/promises';
import { systemClock } from '#platform/kernel';
import { createStripeSandbox } from '#sandbox/stripe';
import { advance } from '@plinth/testkit/factories';
import { openDemo } from './demo/app.ts';
import { BILLING_SETTINGS, openVendors, tellBilling } from './demo/billing/index.ts';
import { anAssistant } from './demo/assistant.ts';
import { aMarketplace } from './demo/marketplace.ts';
import { aDay } from './demo/day.ts';
import { aWeek, fragmentsDue } from './demo/week.ts';

const { sandbox, openDemoApp, ownerKey, close } = await openDemo({ latencyMs: 200 });
const say = (line: string) => void process.stdout.write(`${line}\n`);
try {
  const demos: Readonly<Record<string, () => Promise<void>>> = {
    day,
    prism: week,
    adiuva,
    billing: playBilling,
    marketplace,
  };
  const demo = demos[process.argv[2] ?? 'day'];
  if (demo === undefined) throw new Error(`there are these demos: ${Object.keys(demos).join(', ')}`);
  await demo();
} finally {
  await close();
}

async function week(): Promise<void> {
  const { app, db, url } = await openDemoApp({}, {});
  try {
    const waitForFragments = async () => {
      for await (const _ of setInterval(50)) if ((await fragmentsDue(db)) === 0) return;
    };
    await aWeek({
      url,
      ownerKey: ownerKey(),
      advance: (interval) => advance(db, interval),
      drawn: waitForFragments,
      say,
    });
  } finally {
    await app.stop();
  }
}

async function day(): Promise<void> {
  const { app, db, url } = await openDemoApp({}, {});
  try {
    const { denials } = await aDay({
      url,
      ownerKey: ownerKey(),
      advance: (interval) => advance(db, interval),
      nextCallHangs: () => sandbox.faults.next({ kind: 'hang' }),
      nextCallIsDear: () => sandbox.faults.next({ kind: 'usage', reasoning_tokens: 10_000_000 }),
      say,
    });
    say(`\nLimits met: ${Object.keys(denials).join(', ')}`);
  } finally {
    await app.stop();
  }
}

async function adiuva(): Promise<void> {
  const { app, url } = await openDemoApp({}, {});
  try {
    await anAssistant({ url, ownerKey: ownerKey(), say });
  } finally {
    await app.stop();
  }
}

async function playBilling(): Promise<void> {
  const vendors = await openVendors();
  const { stripe, appStore, googlePlay } = vendors;
  // What jobs do by themselves is done when the demo says so: then it is told in one order.
  const { app, db, url } = await openDemoApp(BILLING_SETTINGS, {
    work: false,
    stripeSandbox: stripe,
    appStoreSandbox: [appStore],
    googlePlaySandbox: { ...googlePlay, serviceAccount: () => googlePlay.serviceAccount },
  });
  try {
    await tellBilling({ app, url, db, vendors, say });
  } finally {
    await app.stop();
    await vendors.close();
  }
}

async function marketplace(): Promise<void> {
  const stripe = await createStripeSandbox({ driven: true, settings: { heldCurrencies: ['eur'] } });
  let passed = 0;
  const clock = { ...systemClock, now: () => systemClock.now() + passed };
  const settings = { EMAIL_VERIFICATION: 'off', SANDBOX_STRIPE: 'true', STRIPE_READS_PER_SECOND: '1000' };
  const { app, db, url } = await openDemoApp(settings, { stripeSandbox: stripe, clock });
  try {
    const later = async (days: number) => {
      await advance(db, `${days} days`);
      stripe.advance(days * 86_400);
      passed += days * 86_400_000;
    };
    await aMarketplace({ url, ownerKey: ownerKey(), stripe, later, say });
  } finally {
    await app.stop();
    await stripe.close();
  }
}
