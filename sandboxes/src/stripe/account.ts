import { checkoutCalls, Checkouts, type Visit } from './checkout/index.ts';
import { type OnboardingLink, OnboardingLinks } from './connect/links.ts';
import { resourceMissing } from './operation.ts';
import type { Page } from './pages/page.ts';
import { portalCalls, portalPage } from './portal/index.ts';
import { invoicePage } from './pages/invoice.ts';
import { Calls } from './wire/calls.ts';
import { WebhookSender, type PendingDelivery } from './wire/webhook-sender.ts';
import { RequestHandler } from './wire/request-handler.ts';
import { endpoints } from './wire/endpoints.ts';
import { events, EVENTS_KEPT } from './wire/events.ts';
import { FaultPlan } from './wire/faults.ts';
import { IdempotencyKeys, type RememberedReply } from './wire/idempotency.ts';
import { Rate } from './wire/rate.ts';
import {
  createWorld,
  includedField,
  operations,
  type Settings,
  type World,
  type WorldEvent,
  type WorldState,
} from './world/index.ts';

/** Everything that outlives a restart. */
export interface AccountState {
  readonly world: WorldState;
  readonly visits: readonly (readonly [string, Visit])[];
  readonly pending: readonly PendingDelivery[];
  readonly keys: readonly (readonly [string, RememberedReply])[];
  /** Links to onboarding; not in files of older versions. */
  readonly links?: readonly (readonly [string, OnboardingLink])[];
  /** Where it was reached: addresses of pages that were written down lead there. */
  readonly url?: string;
}

export interface AccountOptions {
  readonly secretKey: string;
  readonly driven: boolean | Date;
  readonly state: AccountState | undefined;
  readonly settings: Partial<Settings> | undefined;
  readonly requestsPerSecond: number | undefined;
}

/** A world, and all through which others reach it: calls, pages, messages. */
export class StripeAccount {
  readonly world: World;
  readonly webhooks: WebhookSender;
  readonly checkout: Checkouts;
  readonly links: OnboardingLinks;
  readonly requests: RequestHandler;
  readonly faults = new FaultPlan();
  readonly pages: Page;
  readonly #isDriven: boolean;
  readonly #keys: IdempotencyKeys;
  /** When its clock was last set, by the wall clock, in milliseconds. */
  #setAt = Date.now();

  constructor({ secretKey, driven, state, settings, requestsPerSecond }: AccountOptions) {
    this.#isDriven = driven !== false;
    this.world = createWorld({
      now: Math.floor((driven instanceof Date ? driven.getTime() : Date.now()) / 1_000),
      ...(settings === undefined ? {} : { settings }),
      ...(state === undefined ? {} : { state: state.world }),
      mechanisms: [() => this.webhooks.dues(), () => this.checkout.dues()],
    });
    // A driven clock stands between its moves: a message of the seventh minute is none of the first.
    const nowSeconds = () => this.world.worldTime() + Math.floor((Date.now() - this.#setAt) / 1_000);
    this.webhooks = new WebhookSender(this.world, nowSeconds, state?.pending);
    this.checkout = new Checkouts(this.world, state?.visits);
    this.links = new OnboardingLinks(this.world, state?.links);
    this.#keys = new IdempotencyKeys(state?.keys);
    this.requests = new RequestHandler({
      world: this.world,
      calls: new Calls({
        ...operations,
        ...events,
        ...endpoints,
        ...portalCalls,
        ...checkoutCalls(this.checkout),
        ...this.links.calls,
      }),
      keys: this.#keys,
      faults: this.faults,
      rate: new Rate(requestsPerSecond),
      secretKey,
      catchUp: () => this.catchUp(),
      included: (object, field) =>
        this.checkout.included(object, field) ?? includedField(this.world, object, field),
    });
    const all: readonly Page[] = [
      this.checkout.page,
      this.links.page,
      portalPage(this.world),
      invoicePage(this.world),
    ];
    this.pages = (request) => {
      this.catchUp();
      return this.about(request.path, () => {
        for (const page of all) {
          const answer = page(request);
          if (answer !== undefined) return answer;
        }
        return undefined;
      });
    };
  }

  /** What is done at a page goes by the test clock of the customer whose page it is. */
  about<T>(path: string, work: () => T): T {
    return this.world.byClockOf(
      path.split('/').map((part) => this.world.find(part)),
      work,
    );
  }

  /** It is known where people reach its pages. */
  open(url: string): void {
    this.world.pages = url;
    this.checkout.moved();
    this.catchUp();
  }

  /** Whether something should have happened by itself, by the wall clock. */
  isDue(): boolean {
    const next = this.world.nextDueAt();
    return next !== undefined && next * 1_000 <= Date.now();
  }

  /** What was due by now has happened. */
  catchUp(): void {
    if (!this.#isDriven) this.#moveTo(Math.floor(Date.now() / 1_000));
  }

  advanceTo(instant: number): void {
    if (!this.#isDriven)
      throw new Error('This sandbox goes by the wall clock: make it with { driven: true }.');
    this.#moveTo(instant);
  }

  #moveTo(instant: number): void {
    this.#setAt = Date.now();
    this.world.advanceTo(instant);
  }

  event(id: string): WorldEvent {
    const event = this.world.events.find((one) => one.id === id);
    if (event === undefined) throw resourceMissing('event', id);
    return event;
  }

  /** An endpoint with that secret; the oldest for such events when not said. */
  endpoint(
    { account }: WorldEvent,
    secret: string | undefined,
  ): { readonly secret: string; readonly url: string } {
    const all = this.world.table('webhook_endpoint').oldestFirst();
    const oldest = all.find(({ application }) => (application === null) === (account === undefined));
    return { secret: secret ?? oldest?.secret ?? '', url: oldest?.url ?? '' };
  }

  state(): AccountState {
    const { events: told, ...world } = this.world.toJSON();
    const recent = told.filter(({ created }) => created > this.world.now() - EVENTS_KEPT);
    return {
      world: { ...world, events: recent },
      visits: this.checkout.visits(),
      pending: this.webhooks.pending(),
      keys: this.#keys.state(),
      links: this.links.state(),
      url: this.world.pages,
    };
  }
}
