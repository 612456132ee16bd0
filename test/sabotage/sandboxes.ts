import type { Patch } from './patch.ts';

const FILE = 'src/app/sandboxes.ts';
const STARTED = 'src/app/sandboxes.test.ts ::';
const UNCALLED =
  'test/process/packages.test.ts :: a server that nobody has called has loaded no package that only a later call asks for';
const CLIENT = 'src/platform/billing/providers/stripe/client.test.ts ::';
const SOLD =
  'test/selling/sandbox.test.ts :: the sandbox of Stripe starts with the first purchases, and is where it was after a restart';

/** Sandboxes that start when they are called, the package that strangers install, and packages of others that wait for their first use. */
export const SANDBOXES: readonly Patch[] = [
  {
    name: 'sandbox-started-by-each-call',
    file: FILE,
    find: 'const begun = () => (starting ??= begin());',
    replace: 'const begun = () => (starting = begin());',
    expects: `${STARTED} a sandbox > is not started before somebody calls it, and then once for all who call`,
  },
  {
    name: 'sandbox-that-failed-stays-failed',
    file: FILE,
    find: 'starting = undefined;\n      logger',
    replace: 'logger',
    expects: `${STARTED} a sandbox > that does not start says why to whoever called, and is started by the next call`,
  },
  {
    name: 'sandbox-loaded-with-the-program',
    file: FILE,
    find: "import type { UpstreamOptions } from '#platform/ai';",
    replace: "import type { UpstreamOptions } from '#platform/ai';\nimport '#sandbox/openid';",
    expects: `${STARTED} none is loaded with the program`,
  },
  {
    name: 'sandbox-of-stripe-sells-before-it-knows-what',
    file: 'src/platform/billing/subscriptions/prices.ts',
    find: 'await stripe.standIn?.prepare();',
    replace: '',
    expects: SOLD,
  },
  {
    name: 'sandbox-of-stripe-started-to-be-reconciled',
    file: 'src/platform/billing/providers/stripe/provider.ts',
    find: 'standIn?.isRunning() === false ? nothing() : eventsSince(readerOf(client, reading), since),',
    replace: 'eventsSince(readerOf(client, reading), since),',
    expects: SOLD,
  },
  {
    name: 'package-of-stripe-loaded-with-the-program',
    file: 'src/platform/billing/providers/stripe/package.ts',
    find: "import type { Stripe } from 'stripe';",
    replace: "import type { Stripe } from 'stripe';\nimport 'stripe';",
    expects: UNCALLED,
  },
  {
    name: 'passkeys-loaded-with-the-program',
    file: 'src/platform/identity/mfa/webauthn.ts',
    find: "import { originsAllowed } from '#platform/http';",
    replace: "import { originsAllowed } from '#platform/http';\nimport '@simplewebauthn/server';",
    expects: UNCALLED,
  },
  {
    name: 'client-of-stripe-made-by-each-who-asks',
    file: 'src/platform/billing/providers/stripe/client.ts',
    find: 'stripe ??= new Package',
    replace: 'stripe = new Package',
    expects: `${CLIENT} two who ask first and at once are served by one package`,
  },
  {
    name: 'message-forged-where-the-package-is-missing',
    file: 'src/platform/billing/providers/stripe/provider.ts',
    find: 'stripe: await client.loaded(), mode',
    replace: 'stripe: await client.loaded().catch(() => ({ webhooks: { signature: null } }) as never), mode',
    expects: `${CLIENT} where the package is not installed, whoever asks is told so, and a message is not called forged`,
  },
];
