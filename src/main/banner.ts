import { isAbsolute, join, relative } from 'node:path';
import type { Config } from '#platform/config';

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

/** What to paste into another terminal, with the port and folder that are really in use. */
export function invitation(config: Config, url: string): string {
  const owner = `require('${quotedTwice(join(shortest(config.dataDir), 'owner.json'))}').api_key`;
  const address = url.replace(/^http:\/\//, '');
  return `Try it, in another terminal:
  export PLINTH_KEY=$(node -p "${owner}")
  curl -s ${address}/v1/create -H "authorization: Bearer $PLINTH_KEY" \\
    -H "idempotency-key: first" -H "content-type: application/json" \\
    -d '{"platform":"linkedin","topic":"Why small teams ship faster","variants":3}'
`;
}

/** A folder below the working folder is named from there: `./data`. */
function shortest(folder: string): string {
  const below = relative(process.cwd(), folder);
  return below.startsWith('..') || isAbsolute(below) ? folder : `./${below}`;
}

/** `join` takes the dot away; a path is quoted for JavaScript, then for the double quotes of a shell. */
function quotedTwice(path: string): string {
  const named = isAbsolute(path) || path.startsWith('.') ? path : `./${path}`;
  return named.replace(/[\\']/g, '\\$&').replace(/[\\"$`]/g, '\\$&');
}
