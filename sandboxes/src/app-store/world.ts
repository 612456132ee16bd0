import { randomUUID } from 'node:crypto';

/** Apple's numbers for how a subscription stands. */
const STATUS = { active: 1, expired: 2, retried: 3, grace: 4, revoked: 5 } as const;
const DAY = 86_400_000;
/** Extensions of a year; customers here do not live on for longer. */
const MOST_EXTENSIONS = 2;
/** For so long Apple tries to be paid. */
const RETRIED = 60 * DAY;

/** What is sold, as App Store Connect has it. Prices in thousandths of the currency. */
export interface Product {
  readonly price: number;
  readonly currency: string;
  /** Months of a subscription; not said: bought once. */
  readonly months?: number;
}

/** How something is bought. */
export interface PurchaseInput {
  readonly product: string;
  /** What the app names its account by. Not said: a purchase outside of the app. */
  readonly appAccountToken?: string;
  readonly trialDays?: number;
  /** Another member of the family has paid. */
  readonly family?: boolean;
  /** ISO 3166-1 alpha-3; the United States when not said. */
  readonly storefront?: string;
}

export interface Transaction {
  readonly transactionId: string;
  readonly originalTransactionId: string;
  readonly productId: string;
  readonly purchaseDate: number;
  expiresDate?: number;
  readonly price: number;
  readonly currency: string;
  readonly transactionReason: 'PURCHASE' | 'RENEWAL';
  readonly offerDiscountType?: 'FREE_TRIAL';
  isUpgraded?: true;
  revocationDate?: number;
  revocationReason?: number;
}

/** All that belongs to one original transaction. */
export interface Purchase {
  readonly id: string;
  readonly isFamily: boolean;
  readonly isSubscription: boolean;
  readonly storefront?: string | undefined;
  appAccountToken: string | undefined;
  readonly transactions: Transaction[];
  status: number;
  renews: boolean;
  /** What it renews as. */
  next: string;
  card: 'good' | 'declined';
  failedAt: number | undefined;
  graceEnds: number | undefined;
  intent: number | undefined;
  /** A higher price that the customer has to agree to. */
  raised: { readonly price: number; agreed: boolean } | undefined;
  price: number | undefined;
  extensions: number;
}

/** Something that happened, and is told. */
export interface StoreEvent {
  readonly uuid: string;
  readonly type: string;
  readonly subtype: string | undefined;
  readonly purchase: Purchase;
  readonly transaction: Transaction;
  readonly at: number;
}

export interface WorldOptions {
  readonly products: Readonly<Record<string, Product>>;
  /** Days for which the app's owner gives what is not paid; 0: none. */
  readonly graceDays: number;
  /** From then on time passes by `advance` alone; the wall clock when not said. */
  readonly driven: Date | undefined;
  readonly tell: (happening: StoreEvent) => void;
}

/** All that is known, as it is kept in a file. */
export interface WorldState {
  readonly purchases: readonly Purchase[];
  readonly driven: number | undefined;
}

/** Customers, what they bought, and time. */
export class World {
  readonly purchases = new Map<string, Purchase>();
  readonly #options: WorldOptions;
  #driven: number | undefined;
  /** Differs in each run: a server may know the ids of one before. */
  #lastId = Date.now() * 1_000;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.#driven = options.driven?.getTime();
  }

  now(): number {
    return this.#driven ?? Date.now();
  }

  state(): WorldState {
    return { purchases: [...this.purchases.values()], driven: this.#driven };
  }

  /** Goes on from what was kept; time that a test has driven does not go back. */
  load({ purchases, driven }: WorldState): void {
    for (const purchase of purchases) this.purchases.set(purchase.id, purchase);
    if (driven !== undefined && driven > this.now()) this.#driven = driven;
  }

  /** Moves a driven clock on; what falls due by then happens at its own instant. */
  advance(days: number): void {
    const until = this.now() + days * DAY;
    for (;;) {
      const due = [...this.purchases.values()]
        .map((purchase) => ({ purchase, at: dueAt(purchase) }))
        .filter(({ at }) => at <= until)
        .sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#driven = Math.max(this.now(), due.at);
      this.#fallDue(due.purchase);
    }
    this.#driven = until;
  }

  buy({ product, appAccountToken, trialDays, family = false, storefront }: PurchaseInput): Purchase {
    const id = this.#newId();
    const isSubscription = this.#product(product).months !== undefined;
    const purchase: Purchase = {
      id,
      isFamily: family,
      isSubscription,
      storefront,
      appAccountToken,
      transactions: [],
      status: STATUS.active,
      renews: isSubscription,
      next: product,
      card: 'good',
      failedAt: undefined,
      graceEnds: undefined,
      intent: undefined,
      raised: undefined,
      price: undefined,
      extensions: 0,
    };
    this.purchases.set(id, purchase);
    this.#charge(purchase, { product, from: this.now(), reason: 'PURCHASE', id, trialDays });
    if (isSubscription) this.#tell(purchase, 'SUBSCRIBED', 'INITIAL_BUY');
    else this.#tell(purchase, 'ONE_TIME_CHARGE');
    return purchase;
  }

  /** The same customer buys again, after it has ended. */
  subscribeAgain(id: string, product: string, appAccountToken?: string): void {
    const purchase = this.purchase(id);
    Object.assign(purchase, { renews: true, next: product, status: STATUS.active, intent: undefined });
    if (appAccountToken !== undefined) purchase.appAccountToken = appAccountToken;
    this.#charge(purchase, { product, from: this.now(), reason: 'PURCHASE' });
    this.#tell(purchase, 'SUBSCRIBED', 'RESUBSCRIBE');
  }

  cancel(id: string): void {
    this.purchase(id).renews = false;
    this.#tell(this.purchase(id), 'DID_CHANGE_RENEWAL_STATUS', 'AUTO_RENEW_DISABLED');
  }

  resume(id: string): void {
    this.purchase(id).renews = true;
    this.#tell(this.purchase(id), 'DID_CHANGE_RENEWAL_STATUS', 'AUTO_RENEW_ENABLED');
  }

  /** Declines the card from then on, or makes it good again, which pays due amounts at once. */
  setCard(id: string, card: Purchase['card']): void {
    const purchase = this.purchase(id);
    purchase.card = card;
    if (card === 'good' && purchase.failedAt !== undefined) this.#renew(purchase, 'BILLING_RECOVERY');
  }

  /** At once, in the app; by whom it then names. */
  upgrade(id: string, product: string, appAccountToken?: string): void {
    const purchase = this.purchase(id);
    current(purchase).isUpgraded = true;
    if (appAccountToken !== undefined) purchase.appAccountToken = appAccountToken;
    purchase.next = product;
    this.#charge(purchase, { product, from: this.now(), reason: 'PURCHASE' });
    this.#tell(purchase, 'DID_CHANGE_RENEWAL_PREF', 'UPGRADE');
  }

  /** With the next period. */
  downgrade(id: string, product: string): void {
    this.purchase(id).next = product;
    this.#tell(this.purchase(id), 'DID_CHANGE_RENEWAL_PREF', 'DOWNGRADE');
  }

  /** The customer wants the money back, and Apple asks what they had for it. */
  askRefund(id: string, transactionId?: string): void {
    const purchase = this.purchase(id);
    const transaction = this.#transaction(purchase, transactionId);
    this.#tellOf(purchase, transaction, { type: 'CONSUMPTION_REQUEST', subtype: undefined });
  }

  refund(id: string, transactionId?: string): void {
    this.#takeBack(this.purchase(id), { type: 'REFUND', transactionId, reason: 0 });
  }

  /** The family shares no longer. */
  revoke(id: string): void {
    this.#takeBack(this.purchase(id), { type: 'REVOKE', transactionId: undefined, reason: 0 });
  }

  /** Apple has given back in error. */
  reverseRefund(id: string, transactionId?: string): void {
    const purchase = this.purchase(id);
    const transaction = this.#transaction(purchase, transactionId);
    delete transaction.revocationDate;
    delete transaction.revocationReason;
    if (transaction === current(purchase))
      purchase.status = (transaction.expiresDate ?? 0) > this.now() ? STATUS.active : STATUS.expired;
    this.#tellOf(purchase, transaction, { type: 'REFUND_REVERSED', subtype: undefined });
  }

  raisePrice(id: string, price: number): void {
    this.purchase(id).raised = { price, agreed: false };
    this.#tell(this.purchase(id), 'PRICE_INCREASE', 'PENDING');
  }

  agree(id: string): void {
    const purchase = this.purchase(id);
    if (purchase.raised !== undefined) purchase.raised.agreed = true;
    this.#tell(purchase, 'PRICE_INCREASE', 'ACCEPTED');
  }

  /** Answers Apple's number for why not; undefined: it is extended. */
  extend(id: string, days: number): number | undefined {
    const purchase = this.purchase(id);
    const transaction = current(purchase);
    if (purchase.isFamily) return 4_030_007;
    if (purchase.status !== STATUS.active || transaction.price === 0) return 4_030_004;
    if (purchase.extensions === MOST_EXTENSIONS) return 4_030_005;
    purchase.extensions += 1;
    transaction.expiresDate = (transaction.expiresDate ?? this.now()) + days * DAY;
    this.#tell(purchase, 'RENEWAL_EXTENDED');
    return undefined;
  }

  purchase(id: string): Purchase {
    const found = this.purchases.get(id);
    if (found === undefined) throw new Error(`there is no purchase ${id}`);
    return found;
  }

  #product(id: string): Product {
    const product = this.#options.products[id];
    if (product === undefined) throw new Error(`there is no product ${id}`);
    return product;
  }

  #newId(): string {
    return String((this.#lastId += 1));
  }

  #transaction(purchase: Purchase, id: string | undefined): Transaction {
    const found = purchase.transactions.find(({ transactionId }) => transactionId === id);
    return found ?? current(purchase);
  }

  #charge(
    purchase: Purchase,
    {
      product,
      from,
      reason,
      id = this.#newId(),
      trialDays,
    }: {
      readonly product: string;
      readonly from: number;
      readonly reason: Transaction['transactionReason'];
      readonly id?: string;
      readonly trialDays?: number | undefined;
    },
  ): void {
    const { price, currency, months } = this.#product(product);
    const isTrial = trialDays !== undefined;
    const asked = reason === 'RENEWAL' ? (purchase.price ?? price) : price;
    purchase.transactions.push({
      transactionId: id,
      originalTransactionId: purchase.id,
      productId: product,
      purchaseDate: from,
      price: isTrial ? 0 : asked,
      currency,
      transactionReason: reason,
      ...(isTrial ? { offerDiscountType: 'FREE_TRIAL' } : {}),
      ...(months === undefined
        ? {}
        : { expiresDate: isTrial ? from + trialDays * DAY : monthsAfter(from, months) }),
    });
  }

  #fallDue(purchase: Purchase): void {
    const { failedAt, graceEnds } = purchase;
    if (failedAt !== undefined) {
      if (purchase.status === STATUS.grace && graceEnds !== undefined && graceEnds < failedAt + RETRIED) {
        purchase.status = STATUS.retried;
        return this.#tell(purchase, 'GRACE_PERIOD_EXPIRED');
      }
      return this.#end(purchase, 2, 'BILLING_RETRY');
    }
    if (!purchase.renews) return this.#end(purchase, 1, 'VOLUNTARY');
    if (purchase.raised?.agreed === false) return this.#end(purchase, 3, 'PRICE_INCREASE');
    if (purchase.card === 'good') return this.#renew(purchase, undefined);
    const grace = this.#options.graceDays * DAY;
    purchase.failedAt = this.now();
    purchase.status = grace > 0 ? STATUS.grace : STATUS.retried;
    if (grace > 0) purchase.graceEnds = this.now() + grace;
    this.#tell(purchase, 'DID_FAIL_TO_RENEW', grace > 0 ? 'GRACE_PERIOD' : undefined);
  }

  /** What is recovered within Apple's grace goes on from where it was; later, from now. */
  #renew(purchase: Purchase, subtype: string | undefined): void {
    const inGrace = purchase.status !== STATUS.retried;
    const from = inGrace ? (current(purchase).expiresDate ?? this.now()) : this.now();
    if (purchase.raised?.agreed === true) purchase.price = purchase.raised.price;
    Object.assign(purchase, {
      status: STATUS.active,
      failedAt: undefined,
      graceEnds: undefined,
      raised: undefined,
    });
    this.#charge(purchase, { product: purchase.next, from, reason: 'RENEWAL' });
    this.#tell(purchase, 'DID_RENEW', subtype);
  }

  #end(purchase: Purchase, intent: number, subtype: string): void {
    Object.assign(purchase, {
      status: STATUS.expired,
      intent,
      renews: false,
      failedAt: undefined,
      graceEnds: undefined,
    });
    this.#tell(purchase, 'EXPIRED', subtype);
  }

  #takeBack(
    purchase: Purchase,
    {
      type,
      transactionId,
      reason,
    }: { readonly type: string; readonly transactionId: string | undefined; readonly reason: number },
  ): void {
    const transaction = this.#transaction(purchase, transactionId);
    transaction.revocationDate = this.now();
    transaction.revocationReason = reason;
    if (transaction === current(purchase)) purchase.status = STATUS.revoked;
    this.#tellOf(purchase, transaction, { type, subtype: undefined });
  }

  #tell(purchase: Purchase, type: string, subtype?: string): void {
    this.#tellOf(purchase, current(purchase), { type, subtype });
  }

  #tellOf(purchase: Purchase, transaction: Transaction, what: Pick<StoreEvent, 'type' | 'subtype'>): void {
    this.#options.tell({ ...what, uuid: randomUUID(), purchase, transaction, at: this.now() });
  }
}

/** The newest period, or what was bought. */
export function current({ transactions }: Purchase): Transaction {
  const last = transactions.at(-1);
  if (last === undefined) throw new Error('a purchase has no transaction');
  return last;
}

function dueAt(purchase: Purchase): number {
  const { isSubscription, status, failedAt, graceEnds } = purchase;
  if (!isSubscription || status === STATUS.expired || status === STATUS.revoked)
    return Number.POSITIVE_INFINITY;
  if (failedAt === undefined) return current(purchase).expiresDate ?? Number.POSITIVE_INFINITY;
  return status === STATUS.grace ? Math.min(graceEnds ?? failedAt, failedAt + RETRIED) : failedAt + RETRIED;
}

function monthsAfter(at: number, months: number): number {
  const date = new Date(at);
  date.setUTCMonth(date.getUTCMonth() + months);
  return date.getTime();
}
