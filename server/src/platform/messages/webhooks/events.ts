import type { Database, CrashHook } from '#platform/db';
import { PLATFORM_ACCOUNT, type Queue } from '#platform/queue';
import type { Logger } from '#platform/telemetry';
import { systemResolve } from './address.ts';
import { createDeliverer, type DelivererParts } from './delivery.ts';
import { createRelay, type Relay, type RelayParts } from './relay.ts';
import { createSend } from './send.ts';
import { createWebhooks, type Webhooks } from './webhooks.ts';
import type { WebhooksParts } from './endpoints.ts';

const KIND = 'webhooks.deliver';
/** Tries of a job whose attempt could not even be made or written down; what an endpoint answers is no failure of the job. */
const TRIES = 5;
/** Milliseconds for one attempt. */
const ATTEMPT_TIMEOUT = 15_000;
/** How often every worker looks for work without being woken: alerts, new events and deliveries that are due. Milliseconds. */
const POLL_INTERVAL = 5_000;

/** Makes events of rows that it has stored: alerts, say. */
export interface EventSource {
  /** Does so, some of it at a time; answers how many. */
  tell(): Promise<number>;
  /** Deletes what can't come again. */
  prune?(): Promise<unknown>;
}

/** Moves stored alerts and events on their way. */
export interface EventDispatcher {
  /** Has these looked at too, before the events are. */
  addSource(source: EventSource): void;
  /** Does so now; resolves when there is nothing left to move. */
  runNow(): Promise<void>;
  /** Does so again and again until it is stopped; one that fails is logged, and nothing is forgotten that is not marked. */
  start(): () => Promise<void>;
  /** Deletes what is too old to be told again. */
  prune(): Promise<void>;
}

export interface EventsParts
  extends WebhooksParts,
    Omit<DelivererParts, 'send' | 'wake'>,
    Pick<RelayParts, 'ids'> {
  readonly db: Database;
  readonly queue: Pick<Queue, 'handle' | 'enqueueing' | 'wake'>;
  readonly log: Pick<Logger, 'error'>;
  readonly crashHook?: CrashHook | undefined;
}

/** The operator's webhooks, and what has their events delivered. */
export interface Events {
  readonly webhooks: Webhooks;
  readonly dispatcher: EventDispatcher;
}

/** Events become deliveries, and deliveries jobs; the handler of those is registered here. */
export function createEvents(parts: EventsParts): Events {
  const webhooks = createWebhooks(parts);
  const relay = relayTo(parts, webhooks);
  const sources: EventSource[] = [];
  const now = async () => {
    for (const source of sources) while ((await source.tell()) > 0);
    while ((await relay()) > 0);
  };
  const dispatcher: EventDispatcher = {
    addSource: (source) => void sources.push(source),
    runNow: now,
    start: () => startDispatching(now, parts),
    async prune() {
      await webhooks.prune();
      for (const source of sources) await source.prune?.();
    },
  };
  return { webhooks, dispatcher };
}

function relayTo(parts: EventsParts, webhooks: Webhooks): Relay {
  const { ids, clock, queue } = parts;
  const send = createSend({
    ...parts,
    resolve: systemResolve,
    timeout: ATTEMPT_TIMEOUT,
    now: () => clock.now(),
  });
  const courier = createDeliverer({ ...parts, send, wake: () => webhooks.wake() });
  queue.handle({
    kind: KIND,
    attempts: TRIES,
    run: (job) => courier.deliver(job),
    giveUp: (job) => courier.giveUp(job),
  });
  return createRelay({
    ...parts,
    // In no customer's account: an operator's endpoint shows in no list of a customer's jobs, and takes none of their turns.
    enqueueing: ({ id, fence }) =>
      queue.enqueueing(PLATFORM_ACCOUNT, {
        kind: KIND,
        lane: 'batch',
        payload: { delivery_id: id, fence: String(fence) },
        requestId: ids.next(),
      }),
    onEnqueued: () => queue.wake(),
  });
}

function startDispatching(tell: () => Promise<void>, { db, log }: EventsParts): () => Promise<void> {
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
      .catch((err: unknown) => log.error({ err }, 'what happened could not be told'))
      .finally(() => {
        underWay = undefined;
      });
  };
  const stopHearing = db.onSignal('webhooks', begin);
  const timer = setInterval(begin, POLL_INTERVAL).unref();
  begin();
  return async () => {
    clearInterval(timer);
    stopHearing();
    await underWay;
  };
}
