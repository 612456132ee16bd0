import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { micros } from '#platform/kernel';
import { createOperatorBudgets, createOperatorNotices } from '#platform/limits';
import { ids } from '@plinth/testkit/factories';
import type { Customer } from '@plinth/testkit/services/app';
import { openReceiver } from './receiver.ts';
import { openWebhooksApp } from './fixture.ts';

const fixture = await openWebhooksApp({
  settings: { METRICS_TOKEN: 'metrics-token-of-the-test-0123456789' },
});
const { operator, db } = fixture;
const budgets = createOperatorBudgets({ db, ids });
const { modules } = fixture.app;

/** A budget of the operator's counts what is settled, and an answer does not wait for that: this does. */
async function chat({ key }: Customer) {
  const reply = await fixture.call(key, 'POST /v1/ai/chat/completions', {
    body: { model: 'sandbox-small', messages: [{ role: 'user', content: 'Hello' }], max_tokens: 20 },
  });
  await modules.limits.ends.idle();
  return reply;
}

async function mails(): Promise<readonly { readonly subject: string; readonly text: string }[]> {
  return (await fixture.outbox()).filter(
    ({ to, subject }) => to === operator.email && subject.startsWith('A budget'),
  );
}

async function metrics(): Promise<string> {
  const headers = { authorization: 'Bearer metrics-token-of-the-test-0123456789' };
  return (await fetch(`${fixture.url}/metrics`, { headers })).text();
}

describe('a budget of the operator that is used up', () => {
  test('is told by an event, a mail and a metric, once, whichever process looks first, and calls get 503', async () => {
    const receiver = await openReceiver();
    const endpoint = await fixture.endpoint(receiver.url, ['operator_budget.closed']);
    const customer = await fixture.customer('gateway.developer');
    const budget = await budgets.set({ product: 'gateway' }, { daily: micros(1) });
    expect(await metrics()).toContain(
      'plinth_operator_budget_closed{product="gateway",feature="all",provider="all",plan="all"} 0',
    );
    expect(await chat(customer)).toMatchObject({ status: 200 });

    const refused = await chat(customer);
    expect(refused).toMatchObject({ status: 503, body: { error: { code: 'operator_budget_closed' } } });
    expect(refused.headers.get('retry-after')).toBe('60');
    const others = Array.from({ length: 3 }, () => createOperatorNotices({ ...modules, db }));
    await Promise.all([modules.dispatcher.runNow(), ...others.map((notices) => notices.tell())]);
    const deliveries = await fixture.deliveries(endpoint);
    expect(deliveries).toHaveLength(1);
    expect(receiver.received[0]?.event).toMatchObject({
      type: 'operator_budget.closed',
      account_id: null,
      data: { budget_id: budget, product: 'gateway', feature: null, provider: null, plan: null, max: 1 },
    });
    const told = await mails();
    expect(told.map(({ subject }) => subject)).toEqual(['A budget is used up: product gateway']);
    expect(told[0]?.text).toContain('of $0.00 a day were spent');
    expect(await metrics()).toContain(
      'plinth_operator_budget_closed{product="gateway",feature="all",provider="all",plan="all"} 1',
    );
    expect(await metrics()).toMatch(/plinth_operator_budget_spent_ratio\{product="gateway",[^}]*\} [1-9]/);
  });

  test('is told again when it was raised and spent again, and the next day, and not while it has room', async () => {
    const before = (await mails()).length;
    const customer = await fixture.customer('gateway.developer');
    await budgets.set({ product: 'gateway' }, { daily: micros(1_000_000) });
    await modules.dispatcher.runNow();
    expect(await mails()).toHaveLength(before);
    await chat(customer);
    const [{ spent } = { spent: micros(0) }] = await budgets.list();
    await budgets.set({ product: 'gateway' }, { daily: micros(spent) });
    await modules.dispatcher.runNow();
    expect(await mails()).toHaveLength(before + 1);
    await budgets.set({ product: 'gateway' }, { daily: micros(spent + 1) });
    await chat(customer);
    await modules.dispatcher.runNow();
    expect(await mails()).toHaveLength(before + 2);
    await fixture.later('1 day');
    expect(await mails()).toHaveLength(before + 2);
    await budgets.set({ product: 'gateway' }, { daily: micros(1) });
    await chat(customer);
    await modules.dispatcher.runNow();
    expect(await mails()).toHaveLength(before + 3);
  });

  test('by hand shows in the metric alone: the operator knows', async () => {
    const before = (await mails()).length;
    await db.asMigrator(statement('delete from limits.operator_budgets'));
    await budgets.set({ provider: 'sandbox' }, { closed: true });
    await modules.dispatcher.runNow();
    expect(await mails()).toHaveLength(before);
    expect(await metrics()).toContain(
      'plinth_operator_budget_closed{product="all",feature="all",provider="sandbox",plan="all"} 1',
    );
  });
});
