import { commitPoint, statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import { expect } from 'vitest';
import { advance } from '@plinth/testkit/factories';
import { type Customer, type TestApp, testApp, type TestAppOptions } from '@plinth/testkit/services/app';

const HAPPENS = commitPoint('test.webhooks.happens', 'something that an event tells of');
const PATIENCE = { timeout: 120_000, interval: 5 };

/** Data of an event that tests tell apart by `invoice_id`. */
export const failedPayment = (invoiceId: string) => ({
  product: 'reel',
  plan: 'reel.basic',
  subscription_id: 'subscription',
  invoice_id: invoiceId,
  amount: 1900,
  currency: 'usd',
  failure_code: null,
  failed_at: '2026-11-20T08:00:00.000Z',
  grace_ends_at: null,
});

/** An endpoint as it was made, with its secret. */
export interface Endpoint {
  readonly id: string;
  readonly secret: string;
}

/** A line of an endpoint's deliveries. */
export interface DeliveryLine {
  readonly event_id: string;
  readonly type: string;
  readonly status: string;
  readonly attempts: number;
  readonly answered: number | null;
  readonly answer: string | null;
  readonly error: string | null;
  readonly next_attempt_at: string | null;
}

export interface WebhooksApp extends TestApp {
  readonly operator: Customer;
  endpoint(url: string, types?: readonly string[], ordered?: boolean): Promise<Endpoint>;
  /** Something happens in a transaction of an account, and is told of it, or of another. */
  happens(accountId: AccountId, id: string, about?: AccountId): Promise<void>;
  /** Deliveries of an endpoint, the oldest first, once no job has one of them any more. */
  deliveries(endpoint: Endpoint): Promise<DeliveryLine[]>;
  /** Time passes, and due deliveries are made. */
  later(interval: string): Promise<void>;
}

/** The whole app with a platform admin, whose endpoints are on this machine. */
export async function openWebhooksApp(options: TestAppOptions = {}): Promise<WebhooksApp> {
  const app = await testApp(options);
  const operator = await app.admin();
  const { webhooks, dispatcher } = app.app.modules;

  async function lines({ id }: Endpoint): Promise<DeliveryLine[]> {
    const { body } = await app.call(operator.key, `GET /v1/admin/webhooks/${id}/deliveries?limit=100`);
    return (body['data'] as DeliveryLine[]).toReversed();
  }

  /** What is stored and not told yet, and deliveries of an endpoint that a job has, or that are due. */
  async function underWay({ id }: Endpoint): Promise<number> {
    await dispatcher.runNow();
    const [row] = await app.db.asMigrator(
      statement<{ count: number }>(
        `select ((select count(*) from limits.alerts where told_at is null and kind <> 'budget')
           + (select count(*) from webhooks.events where dispatched_at is null)
           + (select count(*) from webhooks.deliveries d join webhooks.endpoints p on p.id = d.endpoint_id where p.id = $1
              and (d.state = 'sending' or d.state = 'waiting' and p.status = 'enabled' and d.due_at <= app.now())))::int as count`,
        [id],
      ),
    );
    return row?.count ?? 0;
  }

  async function waitForDeliveries(endpoint: Endpoint): Promise<DeliveryLine[]> {
    await expect.poll(() => underWay(endpoint), PATIENCE).toBe(0);
    return lines(endpoint);
  }

  return {
    ...app,
    operator,
    async endpoint(url, types, ordered) {
      const body = { url, ...(types && { types }), ...(ordered && { ordered }) };
      const made = await app.call(operator.key, 'POST /v1/admin/webhooks', { body });
      expect(made.status).toBe(201);
      return made.body as unknown as Endpoint;
    },
    async happens(accountId, id, about = accountId) {
      await app.db.tenant(accountId, HAPPENS, [
        ...webhooks.emitting({ type: 'payment.failed', accountId: about, id, data: failedPayment(id) }),
      ]);
      webhooks.wake();
    },
    deliveries: waitForDeliveries,
    async later(interval) {
      await advance(app.db, interval);
      await dispatcher.runNow();
    },
  };
}
