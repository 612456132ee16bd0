import type { Customer, Reply, TestApp } from '@plinth/testkit/services/app';

type Call = TestApp['call'];
type Body = Readonly<Record<string, unknown>>;

/** A change of a subscription with the price that its preview shows; where none is shown, with one that is none. */
export async function agreedChange(call: Call, { key }: Pick<Customer, 'key'>, body: Body): Promise<Body> {
  const asked = Object.entries(body).map(([name, value]): [string, string] => [name, String(value)]);
  const query = new URLSearchParams(asked);
  const { body: shown } = await call(key, `GET /v1/billing/subscription/preview?${String(query)}`);
  const { due_now = 0, unit_amount = 0, quantity = 1, currency = 'usd' } = shown;
  return { ...body, agreed: { due_now, unit_amount, quantity, currency } };
}

/** Changes a subscription at the price that is shown at this moment. */
export const changesPlan = async (call: Call, who: Pick<Customer, 'key'>, body: Body): Promise<Reply> =>
  call(who.key, 'POST /v1/billing/subscription/change', { body: await agreedChange(call, who, body) });
