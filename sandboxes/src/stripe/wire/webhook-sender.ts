import { createHmac } from 'node:crypto';
import type { WebhookEndpoint, World, WorldEvent } from '../world/index.ts';
import { endpointsFor } from './endpoints.ts';

/** One try to deliver an event to an endpoint, and how it was answered. */
export interface Delivery {
  readonly eventId: string;
  readonly type: string;
  readonly url: string;
  /** 1 is the first. */
  readonly attempt: number;
  /** By the world's clock. */
  readonly at: number;
  /** undefined: under way, or no answer came. */
  status: number | undefined;
}

/** A message as it goes out. */
export interface Message {
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** An event that an endpoint has not taken yet. */
export interface PendingDelivery {
  readonly event: string;
  readonly endpoint: string;
  attempt: number;
  /** Seconds of the world's clock. */
  at: number;
}

/** Stripe tries for three days, ever more rarely; it does not say when exactly. Minutes after the try before. */
const RETRIES = [1, 5, 30, 120, 300, 600, 720, 720, 720, 720].map((minutes) => minutes * 60);
/** How long an endpoint may take. */
const PATIENCE_MS = 20_000;
/** So many messages are under way at once, at most. */
const AT_ONCE = 32;

/** Delivers events to webhook endpoints: signed, again when they were not taken, in no order that is promised. */
export class WebhookSender {
  readonly deliveries: Delivery[] = [];
  readonly #world: World;
  readonly #now: () => number;
  readonly #closing = new AbortController();
  readonly #underWay = new Set<Promise<void>>();
  #pending: PendingDelivery[];
  /** Messages that are not being sent yet. */
  readonly #queue: PendingDelivery[] = [];
  readonly #sending = new Set<PendingDelivery>();
  #senders = 0;
  #held: WorldEvent[] | undefined;

  /** `now`: seconds since 1970, for signatures. `pending`: what was not taken when the sandbox was last stopped. */
  constructor(world: World, now: () => number, pending: readonly PendingDelivery[] = []) {
    this.#world = world;
    this.#now = now;
    this.#pending = [...pending];
    world.listen((event) => {
      if (this.#held === undefined) this.#announce(event);
      else this.#held.push(event);
    });
  }

  /** What has to be tried again, and when: told to the world as something that happens by itself. */
  *dues() {
    for (const pending of this.#pending) yield { at: pending.at, run: () => this.#start(pending) };
  }

  /** What is not taken yet, to be kept over a restart. */
  pending(): readonly PendingDelivery[] {
    const held = (this.#held ?? []).flatMap((event) => this.#pendingFor(event));
    return [...this.#sending, ...this.#queue, ...this.#pending, ...held];
  }

  /** Keeps back what happens from now on. */
  hold(): void {
    this.#held ??= [];
  }

  held(): readonly WorldEvent[] {
    return [...(this.#held ?? [])];
  }

  /** Delivers what was kept back, or these of it in this order, each when the one before was answered. Others stay. */
  async release(ids?: readonly string[]): Promise<void> {
    const held = this.#held ?? [];
    const chosen = ids === undefined ? held : ids.flatMap((id) => held.filter((event) => event.id === id));
    this.#held = ids === undefined ? undefined : held.filter((event) => !chosen.includes(event));
    for (const event of chosen) await this.deliver(event);
  }

  /** Forgets what was kept back, or these of it: they are never delivered. */
  drop(ids?: readonly string[]): void {
    if (this.#held === undefined) return;
    this.#held = ids === undefined ? [] : this.#held.filter(({ id }) => !ids.includes(id));
  }

  /** Delivers an event once more, delivered or not; resolves when it is answered. */
  async deliver(event: WorldEvent): Promise<void> {
    for (const endpoint of this.#endpointsFor(event)) {
      await this.#track(this.#try({ event, endpoint, attempt: 1 }).then(() => {}));
    }
  }

  /** An event as it would go to an endpoint now. */
  message(event: WorldEvent, endpoint: Pick<WebhookEndpoint, 'secret' | 'url'>): Message {
    const body = JSON.stringify(event, null, 2);
    return {
      url: endpoint.url,
      body,
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
        'stripe-signature': sign({ body, secret: endpoint.secret ?? '', at: this.#now() }),
      },
    };
  }

  /** Resolves when no delivery is under way; those that are to be tried later, or kept back, are not waited for. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.idle();
  }

  #announce(event: WorldEvent): void {
    const pending = this.#pendingFor(event);
    event.pending_webhooks = pending.length;
    for (const one of pending) this.#start(one);
  }

  #pendingFor(event: WorldEvent): PendingDelivery[] {
    return this.#endpointsFor(event).map(({ id }) => ({
      event: event.id,
      endpoint: id,
      attempt: 1,
      at: this.#world.worldTime(),
    }));
  }

  #endpointsFor(event: WorldEvent): WebhookEndpoint[] {
    return endpointsFor(this.#world, event);
  }

  #start(pending: PendingDelivery): void {
    this.#pending = this.#pending.filter((one) => one !== pending);
    this.#queue.push(pending);
    if (this.#senders < AT_ONCE) void this.#track(this.#sendQueued());
  }

  async #sendQueued(): Promise<void> {
    this.#senders += 1;
    // The clock may be on its way: messages are signed when it has arrived, as it would be long past for their receiver.
    await Promise.resolve();
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      this.#sending.add(next);
      const isDone = await this.#attempt(next);
      this.#sending.delete(next);
      if (this.#closing.signal.aborted) this.#pending.push(next);
      else if (!isDone) this.#later(next);
    }
    this.#senders -= 1;
  }

  /** Whether there is nothing left to do about it. */
  async #attempt({ event: id, endpoint: endpointId, attempt }: PendingDelivery): Promise<boolean> {
    const event = this.#world.events.find((one) => one.id === id);
    const endpoint = this.#world.table('webhook_endpoint').find(endpointId);
    if (event === undefined || endpoint === undefined || endpoint.status !== 'enabled') return true;
    const isTaken = await this.#try({ event, endpoint, attempt });
    if (isTaken) event.pending_webhooks = Math.max(0, event.pending_webhooks - 1);
    return isTaken;
  }

  #later(pending: PendingDelivery): void {
    const wait = RETRIES[pending.attempt - 1];
    if (wait === undefined) return;
    this.#pending.push({ ...pending, attempt: pending.attempt + 1, at: this.#world.worldTime() + wait });
  }

  async #try(sent: { event: WorldEvent; endpoint: WebhookEndpoint; attempt: number }): Promise<boolean> {
    const { event, endpoint, attempt } = sent;
    const { url, body, headers } = this.message(event, endpoint);
    const at = this.#world.worldTime();
    const delivery: Delivery = { eventId: event.id, type: event.type, url, attempt, at, status: undefined };
    this.deliveries.push(delivery);
    try {
      const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(PATIENCE_MS)]);
      const response = await fetch(url, { method: 'POST', body, headers, redirect: 'manual', signal });
      await response.arrayBuffer();
      delivery.status = response.status;
      return response.ok;
    } catch {
      return false;
    }
  }

  #track(work: Promise<void>): Promise<void> {
    const tracked = work.finally(() => this.#underWay.delete(tracked));
    this.#underWay.add(tracked);
    return tracked;
  }
}

interface SignatureInput {
  readonly body: string;
  readonly secret: string;
  /** Seconds since 1970. */
  readonly at: number;
}

/** The `Stripe-Signature` of a message (docs.stripe.com/webhooks#verify-manually). */
function sign({ body, secret, at }: SignatureInput): string {
  return `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')}`;
}
