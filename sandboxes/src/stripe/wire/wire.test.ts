import { Stripe } from 'stripe';
import { afterEach, describe, expect, test } from 'vitest';
import { createFixture, failureOf, packageFor, payer, sellMonthly } from '../testing/fixture.ts';

const { sandbox, stripe } = await createFixture();

afterEach(() => sandbox.faults.clear());

const { StripeAPIError, StripeAuthenticationError, StripeConnectionError } = Stripe.errors;
const { StripeIdempotencyError, StripeInvalidRequestError, StripeRateLimitError } = Stripe.errors;

/** Asks without the package. */
function callRaw(
  call: string,
  { headers, body }: { headers?: Record<string, string>; body?: string } = {},
): Promise<Response> {
  const [method = 'GET', path = '/'] = call.split(' ');
  const all = { authorization: `Bearer ${sandbox.secretKey}`, ...headers };
  return fetch(`${sandbox.url}${path}`, { method, headers: all, ...(body === undefined ? {} : { body }) });
}

describe('who asks', () => {
  test('a call without the key, or with another one, is refused as Stripe refuses it', async () => {
    const stranger = packageFor({ ...sandbox, secretKey: 'sk_test_of_somebody_else' });
    const error = await failureOf(stranger.customers.list());
    expect(error).toBeInstanceOf(StripeAuthenticationError);
    expect(error).toMatchObject({ statusCode: 401, message: 'Invalid API Key provided: sk_test_****else' });
    expect((await callRaw('GET /v1/customers', { headers: { authorization: '' } })).status).toBe(401);
  });

  test('the key may be the name of basic authentication', async () => {
    const authorization = `Basic ${Buffer.from(`${sandbox.secretKey}:`).toString('base64')}`;
    expect((await callRaw('GET /v1/customers', { headers: { authorization } })).status).toBe(200);
  });

  test('a version of the API that the sandbox does not speak is refused', async () => {
    const answer = await callRaw('GET /v1/customers', { headers: { 'stripe-version': '2020-08-27' } });
    expect(answer.status).toBe(400);
    await expect(answer.json()).resolves.toMatchObject({ error: { type: 'invalid_request_error' } });
  });
});

describe('what is asked', () => {
  test('forms carry hashes and lists, and an empty text unsets', async () => {
    const made = await stripe.customers.create({
      name: 'Ada & Co',
      metadata: { one: '1', two: 'zwei = deux' },
      preferred_locales: ['de', 'en'],
      address: { country: 'DE', line1: 'Straße 1' },
    });
    expect(made).toMatchObject({
      name: 'Ada & Co',
      metadata: { one: '1', two: 'zwei = deux' },
      preferred_locales: ['de', 'en'],
    });
    const changed = await stripe.customers.update(made.id, { name: '', metadata: { one: '' } });
    expect(changed).toMatchObject({ name: null, metadata: { two: 'zwei = deux' } });
    expect(changed.metadata).not.toHaveProperty('one');
  });

  test('a form that cannot be read is refused, and the sandbox goes on', async () => {
    for (const body of ['[x]=1', `a${'[b]'.repeat(50)}=1`, 'a[__proto__]=1']) {
      expect((await callRaw('POST /v1/customers', { body })).status).toBe(400);
    }
    await stripe.customers.list();
  });

  test('a parameter that is unknown is refused, and not passed over', async () => {
    const answer = await callRaw('POST /v1/customers', { body: 'colour=red' });
    await expect(answer.json()).resolves.toMatchObject({
      error: { code: 'parameter_unknown', message: 'Received unknown parameter: colour', param: 'colour' },
    });
  });

  test('what there is not is told apart by where its id stood', async () => {
    expect(await failureOf(stripe.customers.retrieve('cus_none'))).toMatchObject({
      statusCode: 404,
      code: 'resource_missing',
      param: 'id',
      message: "No such customer: 'cus_none'",
      doc_url: 'https://stripe.com/docs/error-codes/resource-missing',
    });
    const inParams = await failureOf(stripe.subscriptions.create({ customer: 'cus_none', items: [] }));
    expect(inParams).toMatchObject({ statusCode: 400, code: 'resource_missing', param: 'customer' });
    expect(await failureOf(stripe.issuing.cards.list())).toBeInstanceOf(StripeInvalidRequestError);
  });

  test('every answer names its request, and the package hands the name on', async () => {
    const { lastResponse } = await stripe.customers.list();
    expect(lastResponse.requestId).toMatch(/^req_/);
    expect((await failureOf(stripe.customers.retrieve('cus_none'))).requestId).toMatch(/^req_/);
  });
});

describe('expansion', () => {
  test('ids become objects, four levels deep and in lists', async () => {
    const customer = await payer(stripe);
    const price = await sellMonthly(stripe);
    const { id } = await stripe.subscriptions.create({ customer, items: [{ price: price.id }] });
    const expand = ['customer', 'items.data.price.product', 'latest_invoice.payments.data.payment'];
    const whole = await stripe.subscriptions.retrieve(id, { expand });
    expect(whole).toMatchObject({
      customer: { object: 'customer', id: customer },
      items: { data: [{ price: { product: { object: 'product', name: 'Reel Pro' } } }] },
      latest_invoice: { status: 'paid', payments: { data: [{ payment: { type: 'payment_intent' } }] } },
    });
    const plain = await stripe.subscriptions.retrieve(id);
    expect(plain.customer).toBe(customer);
    const listed = await stripe.subscriptions.list({ customer, expand: ['data.customer'] });
    expect(listed.data[0]?.customer).toMatchObject({ id: customer });
  });

  test('refuses a path that is no reference, and one that is too deep', async () => {
    const { id } = await stripe.customers.create();
    expect(await failureOf(stripe.customers.retrieve(id, { expand: ['colour'] }))).toMatchObject({
      statusCode: 400,
      message: 'This property cannot be expanded (colour).',
    });
    const deep = await failureOf(stripe.subscriptions.list({ expand: ['data.items.data.price.product'] }));
    expect(deep.message).toContain('You cannot expand more than 4 levels of a property');
  });

  test('a customer who was deleted is still named, as deleted', async () => {
    const customer = await payer(stripe);
    const price = await sellMonthly(stripe);
    const { id } = await stripe.subscriptions.create({ customer, items: [{ price: price.id }] });
    await stripe.customers.del(customer);
    const { customer: was } = await stripe.subscriptions.retrieve(id, { expand: ['customer'] });
    expect(was).toEqual({ id: customer, object: 'customer', deleted: true });
  });
});

describe('lists', () => {
  test('are paged from both ends, newest first, and the package walks through them', async () => {
    const { sandbox: own, stripe: fresh } = await createFixture();
    const made: string[] = [];
    for (let count = 0; count < 25; count += 1)
      made.unshift((await fresh.customers.create({ email: 'many@example.com' })).id);
    const first = await fresh.customers.list();
    expect(first).toMatchObject({ object: 'list', has_more: true, url: '/v1/customers' });
    expect(first.data.map(({ id }) => id)).toEqual(made.slice(0, 10));
    const before = await fresh.customers.list({ ending_before: made.at(20) ?? '', limit: 3 });
    expect(before.data.map(({ id }) => id)).toEqual(made.slice(17, 20));
    const asked = own.calls().length;
    const all = await fresh.customers.list({ limit: 10 }).autoPagingToArray({ limit: 100 });
    expect(all.map(({ id }) => id)).toEqual(made);
    expect(own.calls().length - asked).toBe(3);
  });

  test('are narrowed by when something was made', async () => {
    const { sandbox: own, stripe: fresh } = await createFixture();
    await fresh.customers.create();
    own.advance(60);
    const { id, created } = await fresh.customers.create();
    const { data } = await fresh.customers.list({ created: { gte: created } });
    expect(data.map((customer) => customer.id)).toEqual([id]);
    expect((await fresh.customers.list({ created: { lt: created } })).data).toHaveLength(1);
  });

  test('of events are narrowed by one kind of them, or by up to 20 names', async () => {
    const names = Array.from({ length: 21 }, (_, nth) => `kind.${nth}`);
    for (const wrong of [{ type: '*', types: ['customer.created'] }, { types: ['*'] }, { types: names }])
      expect(await failureOf(stripe.events.list(wrong))).toMatchObject({ statusCode: 400 });
    expect((await stripe.events.list({ type: 'nothing.*' })).data).toEqual([]);
  });

  test('refuse a limit that makes no sense, and a start that there is not', async () => {
    expect((await failureOf(stripe.customers.list({ limit: 101 }))).param).toBe('limit');
    expect((await failureOf(stripe.customers.list({ starting_after: 'cus_none' }))).code).toBe(
      'resource_missing',
    );
  });
});

describe('idempotency keys', () => {
  test('the same request is carried out once, and answered the same', async () => {
    const first = await stripe.customers.create({ name: 'once' }, { idempotencyKey: 'one' });
    const again = await stripe.customers.create({ name: 'once' }, { idempotencyKey: 'one' });
    expect(again.id).toBe(first.id);
    expect(again.lastResponse.headers['idempotent-replayed']).toBe('true');
    expect(first.lastResponse.headers).not.toHaveProperty('idempotent-replayed');
  });

  test('a declined card is declined again without being asked', async () => {
    const { id: customer } = await stripe.customers.create();
    const pay = () =>
      failureOf(
        stripe.paymentIntents.create(
          {
            amount: 100,
            currency: 'usd',
            customer,
            payment_method: 'pm_card_chargeCustomerFail',
            confirm: true,
          },
          { idempotencyKey: 'declined' },
        ),
      );
    const [first, again] = [await pay(), await pay()];
    expect(first).toMatchObject({ statusCode: 402, type: 'StripeCardError', code: 'card_declined' });
    expect(again.message).toBe(first.message);
    expect((await stripe.paymentIntents.list({ customer })).data).toHaveLength(1);
  });

  test('a failure of its own is answered again under the same key, whether it was carried out or not', async () => {
    for (const done of [false, true]) {
      sandbox.faults.at('POST /v1/customers', { kind: 'status', status: 500, done });
      const name = `failed ${done ? 'after' : 'before'}`;
      for (const _ of [1, 2]) {
        const failed = await failureOf(stripe.customers.create({ name }, { idempotencyKey: name }));
        expect(failed).toMatchObject({ statusCode: 500 });
      }
      const { data } = await stripe.customers.list({ limit: 100 });
      expect(data.filter((one) => one.name === name)).toHaveLength(done ? 1 : 0);
    }
  });

  test('another request with a key that is taken is refused', async () => {
    await stripe.customers.create({ name: 'one' }, { idempotencyKey: 'taken' });
    const other = await failureOf(stripe.customers.create({ name: 'other' }, { idempotencyKey: 'taken' }));
    expect(other).toBeInstanceOf(StripeIdempotencyError);
    expect(other.statusCode).toBe(400);
    const elsewhere = await failureOf(stripe.products.create({ name: 'one' }, { idempotencyKey: 'taken' }));
    expect(elsewhere.message).toContain("('/v1/customers' vs '/v1/products')");
  });

  test('while a request is carried out, its key is in use', async () => {
    sandbox.faults.at('POST /v1/customers', { kind: 'wait' });
    const first = stripe.customers.create({ name: 'slow' }, { idempotencyKey: 'busy' });
    await sandbox.faults.untilHeld(1);
    const again = await failureOf(stripe.customers.create({ name: 'slow' }, { idempotencyKey: 'busy' }));
    expect(again).toMatchObject({ statusCode: 409, code: 'idempotency_key_in_use' });
    sandbox.faults.held()[0]?.release();
    expect((await first).name).toBe('slow');
  });

  test('a request that was refused may be put right under its key, and keys are forgotten after a day', async () => {
    const { id: product } = await stripe.products.create({ name: 'Plan' });
    const price = (currency: string) =>
      stripe.prices.create({ product, currency, unit_amount: 1 }, { idempotencyKey: 'right' });
    await failureOf(
      stripe.prices.create(
        { product: 'prod_none', currency: 'usd', unit_amount: 1 },
        { idempotencyKey: 'right' },
      ),
    );
    const { id } = await price('usd');
    sandbox.advance(24 * 60 * 60);
    expect((await price('usd')).id).not.toBe(id);
  });
});

describe('what goes wrong', () => {
  test('the rate is limited, as the package knows it', async () => {
    const { stripe: hurried } = await createFixture({ requestsPerSecond: 3 });
    const ended = await Promise.allSettled(Array.from({ length: 5 }, () => hurried.customers.list()));
    const refused = ended.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []));
    expect(refused).toHaveLength(2);
    for (const error of refused) {
      expect(error).toBeInstanceOf(StripeRateLimitError);
      expect(error).toMatchObject({
        code: 'rate_limit',
        headers: { 'stripe-rate-limited-reason': 'global-rate' },
      });
    }
  });

  test('a call fails as it was told to, once for each order, and is then carried out', async () => {
    sandbox.faults.at(
      'GET /v1/customers',
      { kind: 'status', status: 500 },
      { kind: 'status', status: 429 },
      { kind: 'reset' },
      // The package tries once more by itself: it may have taken a connection that was closed meanwhile.
      { kind: 'reset' },
    );
    expect(await failureOf(stripe.customers.list())).toBeInstanceOf(StripeAPIError);
    expect(await failureOf(stripe.customers.list())).toBeInstanceOf(StripeRateLimitError);
    expect(await failureOf(stripe.customers.list())).toBeInstanceOf(StripeConnectionError);
    await stripe.customers.list();
    expect(
      sandbox
        .calls()
        .slice(-5)
        .map(({ status }) => status),
    ).toEqual([500, 429, undefined, undefined, 200]);
  });

  test('a call that is never answered ends when the package has waited enough', async () => {
    sandbox.faults.always('GET /v1/customers', { kind: 'hang' });
    const error = await failureOf(packageFor(sandbox, { timeout: 30 }).customers.list());
    expect(error).toBeInstanceOf(StripeConnectionError);
  });

  test('a change whose answer was lost is made once, as the package asks again under the same key', async () => {
    sandbox.faults.at('POST /v1/customers', { kind: 'reset', done: true });
    const patient = packageFor(sandbox, { maxNetworkRetries: 2 });
    const { id } = await patient.customers.create({ email: 'lost@example.com' });
    expect(
      (await stripe.customers.list({ email: 'lost@example.com' })).data.map((customer) => customer.id),
    ).toEqual([id]);
  });

  test('a delayed answer says what was true when it was made', async () => {
    const { id } = await stripe.customers.create({ name: 'before' });
    sandbox.faults.at(`GET /v1/customers/${id}`, { kind: 'hold' });
    const answer = stripe.customers.retrieve(id);
    await sandbox.faults.untilHeld(1);
    await stripe.customers.update(id, { name: 'after' });
    sandbox.faults.clear();
    await expect(answer).resolves.toMatchObject({ name: 'before' });
    await expect(stripe.customers.retrieve(id)).resolves.toMatchObject({ name: 'after' });
  });
});
