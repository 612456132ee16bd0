import type { Config } from '#platform/config';
import type { Database, Passing } from '#platform/db';
import { announcingTo, createReceiver, type Jobs } from '#platform/jobs';
import type { Clock } from '#platform/kernel';

/** Where jobs are announced, and who signs what is delivered. */
export interface QStash {
  readonly url: string;
  readonly token: string | undefined;
  readonly keys: { readonly current: string; readonly next: string };
}

interface DeliveryWiring {
  readonly db: Database;
  readonly clock: Clock;
  readonly qstash: QStash | undefined;
  readonly options: { readonly config: Config; readonly passing?: Passing };
}

/** How a worker announces its jobs; undefined: it runs them itself. */
export function announceOf({ qstash, options, clock }: DeliveryWiring) {
  const { delivery } = options.config;
  const { token } = qstash ?? {};
  if (delivery?.publishes !== true || qstash === undefined || token === undefined) return undefined;
  return announcingTo({ ...delivery, ...qstash, token, clock, passing: options.passing });
}

/** Takes what QStash delivers, where it is signed by the keys that are known here. */
export function receiverOf({ db, qstash, options, clock }: DeliveryWiring, jobs: Jobs) {
  const { target = '' } = options.config.delivery ?? {};
  return createReceiver({ db, keys: qstash?.keys, target, clock, jobs });
}
