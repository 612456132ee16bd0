import { isAbsolute, relative } from 'node:path';
import type { App, ProductChoice } from '#app';
import type { Config } from '#platform/config';
import { exampleOf } from '#platform/http';

/** The first line: what this process stands on. */
export function banner(config: Config, version: string): string {
  const database = config.database.engine === 'pglite' ? 'embedded database' : 'PostgreSQL';
  const ai = config.ai.upstreams.map(({ name }) => name);
  const parts = [
    `Plinth ${version}`,
    [
      database,
      config.ai.sandbox ? ['sandbox AI', ...ai].join(' and ') : ai.join(' and '),
      ...storesOf(config),
    ].join(', '),
  ];
  return [...parts, `data in ${shortest(config.dataDir)}`].join(' · ');
}

/** Where purchases are paid. */
function storesOf({ stripe }: Config): string[] {
  if (stripe === undefined) return [];
  return [stripe.account === undefined ? 'sandbox stores' : `Stripe in ${stripe.account.mode} mode`];
}

/**
 * For a process that only serves, or only works, and stands in for payment providers by itself: the process that does the rest has sandboxes of its own, and knows
 * nothing of purchases in these. undefined: no provider is stood in for, or all is done here.
 */
export function sandboxesApart(
  { stripe, appStore, googlePlay }: Pick<Config, 'stripe' | 'appStore' | 'googlePlay'>,
  { serve, work }: { readonly serve: boolean; readonly work: boolean },
): string | undefined {
  const settings = [
    ...(stripe !== undefined && stripe.account === undefined ? ['STRIPE_API_URL'] : []),
    ...(appStore !== undefined && appStore.app === undefined ? ['APP_STORE_API_URL'] : []),
    ...(googlePlay !== undefined && googlePlay.account === undefined ? ['GOOGLE_PLAY_API_URL'] : []),
  ];
  if (serve === work || settings.length === 0) return undefined;
  return `Sandboxes of stores are in this process alone: it knows no purchase in another one.
Run \`plinth start\`, which serves and works, or name one for all processes: ${settings.join(', ')}, with the keys.`;
}

/** Which products run, where one is off; and who pays for what does not. */
export function describeChoice({ running, off, paid }: Omit<ProductChoice, 'products'>): string | undefined {
  if (off.length === 0) return undefined;
  const says = `on: ${running.join(', ')}; off: ${off.join(', ')}`;
  return paid === undefined
    ? says
    : `${says}. WARNING: subscriptions pay for what is off: ${paid} (docs/runbook.md)`;
}

/** A doubtful setting that is no reason not to start: a line, or undefined. `plinth doctor` tries the key. */
export function doubtfulKey({ ai }: Pick<Config, 'ai'>): string | undefined {
  const openai = ai.upstreams.find(({ baseUrl }) => new URL(baseUrl).hostname === 'api.openai.com');
  if (openai?.apiKey === undefined || openai.apiKey.startsWith('sk-')) return undefined;
  return 'OPENAI_API_KEY does not look like a key of OpenAI, which begins with sk-. "plinth doctor" tries it.';
}

/** Lines to paste into another terminal, with the port and the owner's file that are really in use. */
export function invitation(
  config: Config,
  url: string,
  { ownerFile, choice }: Pick<App, 'ownerFile' | 'choice'>,
): string {
  const key =
    ownerFile === undefined
      ? `'…' # a key that you have: the owner of this database is not in ${shortest(config.dataDir)}`
      : `$(node -p "require('${quotedTwice(shortest(ownerFile))}').api_key")`;
  const address = url.replace(/^http:\/\//, '');
  const call = firstCall(choice);
  const example =
    call === undefined
      ? `${address}/v1/me -H "authorization: Bearer $PLINTH_KEY"`
      : `${address}${call.path} -H "authorization: Bearer $PLINTH_KEY" \\
    -H "idempotency-key: first" -H "content-type: application/json" \\
    -d '${JSON.stringify(call.body).replaceAll("'", String.raw`'\''`)}'`;
  return `Try it, in another terminal:
  export PLINTH_KEY=${key}
  curl -s ${example}
`;
}

/** The first metered call of the products that run, by its example. */
function firstCall({
  products,
  running,
}: App['choice']): { readonly path: string; readonly body: unknown } | undefined {
  const route = products
    .filter(({ key }) => running.includes(key))
    .flatMap(({ routes }) => routes)
    .find(
      ({ method, path, shape }) => method === 'POST' && !path.includes(':') && shape.spends !== undefined,
    );
  return route === undefined ? undefined : { path: route.path, body: exampleOf(route).body };
}

/** A path below the working folder is named from there: `./data`. */
export function shortest(path: string): string {
  const below = relative(process.cwd(), path);
  return below.startsWith('..') || isAbsolute(below) ? path : `./${below}`;
}

/** A path is quoted for JavaScript, then for the double quotes of a shell. */
function quotedTwice(path: string): string {
  return path.replace(/[\\']/g, '\\$&').replace(/[\\"$`]/g, '\\$&');
}
