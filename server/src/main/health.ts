import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import type { Config } from '#platform/config';
import { codeOf } from './operator-error.ts';
import { runningServer } from './server-file.ts';
import { printUsage, type Verb } from './verb.ts';

const USAGE = `Usage: plinth health [live]

Asks the server of these settings, on this machine, whether it is ready for calls (/readyz), or with "live" whether it answers at all
(/healthz). Ends with 0 if so and with 1 if not: for health checks where there is no curl.
`;
const PATIENCE = 5_000;

/** `health`: what an orchestrator asks. */
export const health: Verb = async ({ config, words }) => {
  const wrong = words.find((word, at) => word !== 'live' || at > 0);
  if (wrong !== undefined) return printUsage(wrong, USAGE);
  const url = ownUrl(config);
  try {
    // Not fetch, which refuses some ports.
    const request = get(`${url}${words.length === 0 ? '/readyz' : '/healthz'}`, {
      signal: AbortSignal.timeout(PATIENCE),
    });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const { status, dependencies = {} } = (await json(response)) as {
      readonly status?: string;
      readonly dependencies?: Readonly<Record<string, { readonly state: string }>>;
    };
    const down = Object.entries(dependencies).flatMap(([name, { state }]) => (state === 'ok' ? [] : [name]));
    process.stdout.write(`${status}${down.length === 0 ? '' : `, without ${down.join(', ')}`}\n`);
    return response.statusCode === 200 ? 0 : 1;
  } catch (error) {
    process.stdout.write(`No server answers at ${url} (${codeOf(error)}).\n`);
    return 1;
  }
};

/** A port that moves is in the server's file; elsewhere that may be of another container's server, with the same process id. */
function ownUrl({ host, port, portMayMove, dataDir }: Config): string {
  const moved = portMayMove ? runningServer(dataDir) : undefined;
  if (moved !== undefined) return moved;
  const address = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
}
