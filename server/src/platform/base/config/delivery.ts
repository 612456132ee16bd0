import type { Values } from './settings.ts';

/** How jobs get to their workers (docs/qstash.md). */
export interface DeliverySettings {
  /** Whether a process that works hands its jobs to QStash, in place of running them. */
  readonly publishes: boolean;
  /** Where QStash is; undefined: the sandbox stands in, and brings its own keys. */
  readonly qstash:
    | {
        readonly url: string;
        readonly token: string | undefined;
        readonly keys: { readonly current: string; readonly next: string };
      }
    | undefined;
  /** The origin that QStash delivers to, and its signatures are for. */
  readonly target: string;
  /** Deliveries that may be under way at once, over all processes. */
  readonly parallelism: number;
}

/** Reads how jobs are delivered; undefined where QStash has no part in it. What is wrong is added to `problems`, a line each. */
export function readDelivery(values: Values, problems: string[]): DeliverySettings | undefined {
  const { QSTASH_CURRENT_SIGNING_KEY: current, QSTASH_NEXT_SIGNING_KEY: next, QSTASH_TOKEN: token } = values;
  const publishes = values.JOBS_DELIVERY === 'qstash';
  const isReal = token !== undefined || current !== undefined || next !== undefined;
  if (!publishes && !isReal) return undefined;
  if (isReal) problems.push(...missingOf(values, publishes));
  else problems.push(...unfitForSandbox(values));
  return {
    publishes,
    qstash:
      current === undefined || next === undefined
        ? undefined
        : { url: values.QSTASH_URL, token, keys: { current, next } },
    target: reachedAt(values),
    parallelism: values.QSTASH_PARALLELISM ?? values.WORKER_CONCURRENCY,
  };
}

function missingOf(values: Values, publishes: boolean): string[] {
  const needed = [
    ['QSTASH_CURRENT_SIGNING_KEY', 'without it nobody can tell its deliveries from forged ones'],
    ['QSTASH_NEXT_SIGNING_KEY', 'without it deliveries are refused when the keys are rolled'],
    ['PUBLIC_URL', 'QStash delivers there, and signs for it'],
    ...(publishes ? [['QSTASH_TOKEN', 'JOBS_DELIVERY=qstash publishes with it'] as const] : []),
  ] as const;
  return needed
    .filter(([name]) => values[name] === undefined)
    .map(([name, why]) => `${name} is missing: ${why}.`);
}

function unfitForSandbox(values: Values): string[] {
  if (values.NODE_ENV === 'production')
    return ['QSTASH_TOKEN is missing: JOBS_DELIVERY=qstash has no sandbox in production.'];
  if (values.PORT === 0 && values.PUBLIC_URL === undefined)
    return ['PUBLIC_URL is missing: with PORT=0 the QStash sandbox does not know where to deliver.'];
  return [];
}

/** Where this process is reached, as far as its settings tell. */
export function reachedAt({ PUBLIC_URL: url, HOST: host, PORT: port }: Values): string {
  return url ?? `http://${reachable(host)}:${port}`;
}

/** All addresses (0.0.0.0, ::) is no place to go to. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
