import { commitPoint, statement } from '#platform/db';
import { sealedKey } from '#platform/signing';
import { LICENSE_KEYS } from '../signing/store.ts';
import type { Customer, Reply } from '@plinth/testkit/services/app';
import { openSellingApp, type SellingApp } from '../../../test/selling/fixture.ts';
import { sharedRsaKey } from './rsa-key.ts';

const KEY = commitPoint('test.signing-key', 'a key that is made already');

/** A customer with a licence, by the calls that they make. */
export interface Licensee {
  readonly who: Customer;
  /** The licence as an owner sees it. */
  license(): Promise<Readonly<Record<string, unknown>>>;
  key(): Promise<string>;
  id(): Promise<string>;
  activate(hardware: string, more?: object): Promise<Reply>;
  deactivate(hardware: string): Promise<Reply>;
  status(): Promise<Reply>;
}

/** An app that sells Coditect at a sandbox of Stripe, both on driven clocks. */
export interface CoditectFixture extends SellingApp {
  /** Buys a plan and pays for it; its trial has begun. */
  licensee(plan?: string): Promise<Licensee>;
  createLicensee(who: Customer): Licensee;
  /** Events of an account's audit about its licence, oldest first. */
  audited(who: Customer): Promise<string[]>;
  /** Mails to an account, by the names of templates, oldest first. */
  mailed(who: Customer): Promise<string[]>;
  /** From now on the customer's card is refused, or taken again. */
  card(who: Pick<Customer, 'accountId'>, card: 'pm_card_visa' | 'pm_card_chargeCustomerFail'): Promise<void>;
  /** The provider's id of the account's subscription. */
  subscription(who: Pick<Customer, 'accountId'>): Promise<string>;
}

export const HARDWARE = ['hardware-one-0001', 'hardware-two-0002', 'hardware-three-0003'] as const;

export async function coditectFixture(
  options: Parameters<typeof openSellingApp>[0] = {},
): Promise<CoditectFixture> {
  const selling = await openSellingApp(options);
  const { modules } = selling.app;
  const key = sealedKey({ ...modules, store: LICENSE_KEYS }, 'rsa-4096', await sharedRsaKey());
  await modules.db.system('coditect.signing', KEY, [LICENSE_KEYS.insert(key)]);
  const { buy, customer, db, stripe } = selling;
  const createLicensee = (who: Customer): Licensee => licenseeOf(selling, who);
  const subscription = async ({ accountId }: Pick<Customer, 'accountId'>) => {
    const [row] = await db.asMigrator(
      statement<{ store_id: string }>(
        `select store_id from billing.subscriptions where account_id = $1 and product = 'coditect' order by starts_at desc, id desc limit 1`,
        [accountId],
      ),
    );
    return row?.store_id ?? '';
  };
  return {
    ...selling,
    createLicensee,
    subscription,
    async licensee(plan = 'starter') {
      const who = await customer();
      await buy(who, { product: 'coditect', plan });
      return createLicensee(who);
    },
    async audited({ accountId }) {
      const rows = await db.asMigrator(
        statement<{ action: string }>(
          `select action from audit.events where account_id = $1 and action like 'coditect.license.%' order by created_at, id`,
          [accountId],
        ),
      );
      return rows.map(({ action }) => action.replace('coditect.license.', ''));
    },
    async mailed({ accountId }) {
      const rows = await db.asMigrator(
        statement<{ template: string }>(
          'select template from mail.messages where account_id = $1 order by created_at, id',
          [accountId],
        ),
      );
      return rows.map(({ template }) => template);
    },
    async card(who, card) {
      const id = await subscription(who);
      const { customer: them } = await stripe.subscriptions.retrieve(id);
      const method = await stripe.paymentMethods.attach(card, {
        customer: typeof them === 'string' ? them : them.id,
      });
      await stripe.subscriptions.update(id, { default_payment_method: method.id });
    },
  };
}

function licenseeOf({ call }: Pick<SellingApp, 'call'>, who: Customer): Licensee {
  async function license() {
    const { body } = await call(who.key, 'GET /v1/licenses');
    const [first] = body['data'] as readonly Readonly<Record<string, unknown>>[];
    if (first === undefined) throw new Error('there is no licence');
    return (await call(who.key, `GET /v1/licenses/${String(first['id'])}`)).body;
  }
  const key = async () => String((await license())['license_key']);
  return {
    who,
    license,
    key,
    id: async () => String((await license())['id']),
    activate: async (hardware, more = {}) =>
      call(undefined, 'POST /v1/licenses/activate', {
        body: { license_key: await key(), hardware_id: hardware, ...more },
      }),
    deactivate: async (hardware) =>
      call(undefined, 'POST /v1/licenses/deactivate', {
        body: { license_key: await key(), machine_id: hardware },
      }),
    status: async () => call(undefined, `GET /v1/licenses/${await key()}/status`),
  };
}
