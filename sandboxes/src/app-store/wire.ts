import { current, type StoreEvent, type Purchase, type Transaction } from './world.ts';
import { type Chain, signJws } from './certificates.ts';

/** Which app, in which of Apple's two worlds. */
export interface AppOfStore {
  readonly bundleId: string;
  readonly appId: number;
  readonly environment: 'Production' | 'Sandbox';
}

/** Writes what the world has as Apple does: each answer is signed when it is given. */
export class Wire {
  readonly app: AppOfStore;
  readonly #chain: Chain;
  readonly #now: () => number;

  constructor(app: AppOfStore, chain: Chain, now: () => number) {
    this.app = app;
    this.#chain = chain;
    this.#now = now;
  }

  transaction(purchase: Purchase, transaction: Transaction): string {
    const { bundleId, environment } = this.app;
    return this.#signed({
      ...transaction,
      bundleId,
      environment,
      originalPurchaseDate: purchase.transactions[0]?.purchaseDate,
      quantity: 1,
      type: purchase.isSubscription ? 'Auto-Renewable Subscription' : 'Consumable',
      inAppOwnershipType: purchase.isFamily ? 'FAMILY_SHARED' : 'PURCHASED',
      storefront: purchase.storefront ?? 'USA',
      ...(purchase.storefront === undefined ? { storefrontId: '143441' } : {}),
      ...(purchase.appAccountToken === undefined ? {} : { appAccountToken: purchase.appAccountToken }),
    });
  }

  renewal(purchase: Purchase): string {
    const { environment } = this.app;
    return this.#signed({
      originalTransactionId: purchase.id,
      productId: current(purchase).productId,
      autoRenewProductId: purchase.next,
      autoRenewStatus: purchase.renews ? 1 : 0,
      isInBillingRetryPeriod: purchase.failedAt !== undefined,
      environment,
      recentSubscriptionStartDate: purchase.transactions[0]?.purchaseDate,
      renewalDate: current(purchase).expiresDate,
      ...(purchase.intent === undefined ? {} : { expirationIntent: purchase.intent }),
      ...(purchase.graceEnds === undefined ? {} : { gracePeriodExpiresDate: purchase.graceEnds }),
      ...(purchase.raised === undefined
        ? {}
        : { priceIncreaseStatus: purchase.raised.agreed ? 1 : 0, renewalPrice: purchase.raised.price }),
    });
  }

  notification({ uuid, type, subtype, purchase, transaction }: StoreEvent): string {
    const { bundleId, appId: appAppleId, environment } = this.app;
    return this.#signed({
      notificationType: type,
      ...(subtype === undefined ? {} : { subtype }),
      notificationUUID: uuid,
      version: '2.0',
      data: {
        bundleId,
        bundleVersion: '1',
        appAppleId,
        environment,
        ...(type === 'CONSUMPTION_REQUEST' ? { consumptionRequestReason: 'UNINTENDED_PURCHASE' } : {}),
        signedTransactionInfo: this.transaction(purchase, transaction),
        ...(purchase.isSubscription
          ? { signedRenewalInfo: this.renewal(purchase), status: purchase.status }
          : {}),
      },
    });
  }

  /** Getting all subscription statuses. */
  statuses(purchase: Purchase): object {
    const { bundleId, appId: appAppleId, environment } = this.app;
    return {
      environment,
      bundleId,
      appAppleId,
      data: [
        {
          subscriptionGroupIdentifier: '20000001',
          lastTransactions: [
            {
              originalTransactionId: purchase.id,
              status: purchase.status,
              signedTransactionInfo: this.transaction(purchase, current(purchase)),
              signedRenewalInfo: this.renewal(purchase),
            },
          ],
        },
      ],
    };
  }

  /** A page of a history, from `from` on. */
  history(purchase: Purchase, from: number, size: number): object {
    const { bundleId, appId: appAppleId, environment } = this.app;
    const page = purchase.transactions.slice(from, from + size);
    return {
      revision: String(from + page.length),
      hasMore: from + page.length < purchase.transactions.length,
      bundleId,
      appAppleId,
      environment,
      signedTransactions: page.map((one) => this.transaction(purchase, one)),
    };
  }

  #signed(payload: object): string {
    return signJws(this.#chain, { ...payload, signedDate: this.#now() });
  }
}
