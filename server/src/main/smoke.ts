import { join } from 'node:path';
import type { Config } from '#platform/config';
import { localOwner } from '#platform/owner';
import { OperatorError } from './operator-error.ts';
import { createCaller, type SignedCaller } from './server-caller.ts';
import { printUsage, type Verb } from './verb.ts';

const USAGE = `Usage: SMOKE_EMAIL=smoke@example.com SMOKE_PASSWORD=… plinth smoke https://api.example.com

Tries a server as a customer uses it: signs in, does what the products of plinth.config.ts are tried by (smoke), and signs out. Each step
is a line; ends with 1 at the first that fails. What Reel is tried by is one post, which it deletes: a generation of the user's plan.
`;

/** `smoke`: what is tried after each roll-out. */
export const smoke: Verb = async ({ config, words: [url, ...more] }) => {
  const wrong = url !== undefined && /^https?:\/\/[^\s/?#]+\/?$/.test(url) ? more[0] : (url ?? '');
  if (wrong !== undefined || url === undefined) return printUsage(wrong, USAGE);
  const { products } = await import('#products');
  const at = createCaller(url.replace(/\/$/, ''));
  await step('is ready', async () => {
    const { status } = await at.call('GET /readyz');
    if (status !== 'ready' && status !== 'degraded')
      throw new OperatorError('GET /readyz does not say what Plinth says: is this its address?');
  });
  await step('signs in', () => signIn(at, credentials(config)));
  for (const { smoke: tries } of products.flatMap(({ parts }) => parts)) await tries?.(at, { step, warn });
  await step('signs out', () => at.call('POST /v1/auth/logout'));
  return 0;
};

async function step<T>(name: string, work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  try {
    const done = await work();
    process.stdout.write(`ok    ${name.padEnd(10)} ${Math.round(performance.now() - began)} ms\n`);
    return done;
  } catch (error) {
    process.stdout.write(`FAIL  ${name}\n`);
    throw error;
  }
}

function warn(sentence: string): void {
  process.stdout.write(`WARNING  ${sentence}\n`);
}

async function signIn(at: SignedCaller, body: object): Promise<void> {
  const tokens = await at.call('POST /v1/auth/login', { ...body, device_name: 'plinth smoke' });
  if (typeof tokens['access_token'] !== 'string')
    throw new OperatorError('This user has a second factor: take one without for SMOKE_EMAIL.');
  at.token = tokens['access_token'];
}

/** Credentials of the settings, else of the local owner. */
function credentials({ values, dataDir }: Config): { readonly email: unknown; readonly password: unknown } {
  const { SMOKE_EMAIL: email, SMOKE_PASSWORD: password } = values;
  if (email !== undefined && password !== undefined) return { email, password };
  const owner = localOwner(dataDir);
  if (owner.email !== undefined && owner.password !== undefined)
    return { email: owner.email, password: owner.password };
  const path = join(dataDir, 'owner.json');
  throw new OperatorError(`Set SMOKE_EMAIL and SMOKE_PASSWORD: there is no local owner in ${path}.`);
}
