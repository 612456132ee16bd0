import type { Audit } from '#platform/audit';
import type { Config } from '#platform/config';
import type { Database, Passing } from '#platform/db';
import { type Jobs, PLATFORM_ACCOUNT } from '#platform/jobs';
import type { Clock, Ids, Random } from '#platform/kernel';
import type { Limiting } from '#platform/limits';
import type { Secrets } from '#platform/secrets';
import type { Telemetry } from '#platform/telemetry';
import {
  createCourier,
  createRelay,
  createWebhooks,
  type Relay,
  sendingTo,
  systemResolve,
  type Webhooks,
} from '#platform/webhooks';

const KIND = 'webhooks.deliver';
/** Tries of a job whose attempt could not even be made or written down; what an endpoint answers is no failure of the job. */
const TRIES = 5;
/** Milliseconds for one attempt. */
const PATIENCE = 15_000;
/** How often every worker looks for what nobody woke it for: alerts, new events and deliveries that are due. Milliseconds. */
const LOOK = 5_000;

interface WebhooksWiring {
  readonly db: Database;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly random: Random;
  readonly secrets: Secrets;
  readonly options: { readonly config: Config; readonly passing?: Passing };
}

/** The operator's webhooks. */
export function openWebhooks(parts: WebhooksWiring & { readonly audit: Audit }): Webhooks {
  return createWebhooks({ ...parts, ...reachOf(parts) });
}

const reachOf = ({ options }: WebhooksWiring) => ({
  allowLoopback: options.config.environment !== 'production',
});

export interface TellingWiring extends WebhooksWiring {
  readonly audit: Audit;
  readonly webhooks: Webhooks;
  readonly alerts: Limiting['alerts'];
  readonly notices: Limiting['notices'];
  readonly telemetry: Telemetry;
}

/** What moves stored alerts and events on their way. */
export interface Telling {
  /** Does so now; resolves when there is nothing left to move. */
  now(): Promise<void>;
  /** Does so again and again until it is stopped; one that fails is logged, and nothing is forgotten that is not marked. */
  start(): () => Promise<void>;
  /** Deletes what is too old to be told again. */
  prune(): Promise<void>;
}

/** Alerts become events and mails, events deliveries, deliveries jobs; the handler of those is registered here. */
export function openTelling(jobs: Jobs, parts: TellingWiring): Telling {
  const { webhooks, alerts, notices } = parts;
  const relay = relayTo(jobs, parts);
  const now = async () => {
    while ((await alerts.tell()) > 0);
    await notices.tell();
    while ((await relay()) > 0);
  };
  return {
    now,
    start: () => startTelling(now, parts),
    async prune() {
      await webhooks.prune();
      await alerts.prune();
    },
  };
}

function relayTo(jobs: Jobs, parts: TellingWiring): Relay {
  const { ids, clock, webhooks, options } = parts;
  const send = sendingTo({
    ...reachOf(parts),
    resolve: systemResolve,
    patience: PATIENCE,
    now: () => clock.now(),
    passing: options.passing,
  });
  const courier = createCourier({ ...parts, send, wake: () => webhooks.wake() });
  jobs.handle({
    kind: KIND,
    attempts: TRIES,
    run: (job) => courier.deliver(job),
    giveUp: (job) => courier.giveUp(job),
  });
  return createRelay({
    ...parts,
    // Of nobody's account: an operator's endpoint shows in no list of a customer's jobs, and takes none of their turns.
    enqueueing: ({ id, fence }) =>
      jobs.enqueueing(PLATFORM_ACCOUNT, {
        kind: KIND,
        lane: 'batch',
        payload: { delivery_id: id, fence: String(fence) },
        requestId: ids.next(),
      }),
    onEnqueued: () => jobs.wake(),
  });
}

function startTelling(tell: () => Promise<void>, { db, telemetry }: TellingWiring): () => Promise<void> {
  let underWay: Promise<void> | undefined;
  let isAsked = false;

  async function tellWhileAsked(): Promise<void> {
    while (isAsked) {
      isAsked = false;
      await tell();
    }
  }

  const begin = () => {
    isAsked = true;
    underWay ??= tellWhileAsked()
      .catch((err: unknown) => telemetry.logger.error({ err }, 'what happened could not be told'))
      .finally(() => {
        underWay = undefined;
      });
  };
  const stopHearing = db.onSignal('webhooks', begin);
  const timer = setInterval(begin, LOOK).unref();
  begin();
  return async () => {
    clearInterval(timer);
    stopHearing();
    await underWay;
  };
}
