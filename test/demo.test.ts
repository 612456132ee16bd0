import { createStripeSandbox } from '#sandbox/stripe';
import { systemClock } from '#platform/kernel';
import { atEndOfFile } from '@plinth/testkit/closing';
import { expect, test } from 'vitest';
import { advance } from '@plinth/testkit/factories';
import { anAssistant } from '../scripts/demo/assistant.ts';
import { aDay, LIMITS } from '../scripts/demo/day.ts';
import { aMarketplace } from '../scripts/demo/marketplace.ts';
import { aWeek, fragmentsDue } from '../scripts/demo/week.ts';
import { testApp } from '@plinth/testkit/services/app';

const { url, db, sandbox, admin } = await testApp({ settings: { EMAIL_VERIFICATION: 'off' } });

test('a person’s week with Prism over HTTP: thoughts, a conversation, a crisis, a plan, goals, and what goes when it is deleted', async () => {
  const owner = await admin();
  const said: string[] = [];
  const week = await aWeek({
    url,
    ownerKey: owner.key,
    advance: (interval) => advance(db, interval),
    drawn: async () => expect.poll(() => fragmentsDue(db)).toBe(0),
    say: (line) => said.push(line),
  });
  expect(week.streamed[0]).toBe('safety');
  expect(week.streamed.at(-1)).toBe('done');
  expect(week.crisis).toMatchObject({ safety: { status: 'crisis' }, message: null, reply: null });
  expect(JSON.stringify(week.crisis)).toContain('116 123');
  expect(week.used[1]).toEqual(week.used[0]);
  expect(week.spectrum).toEqual([1, 0]);
  expect(said.join('\n')).not.toContain(owner.key);
});

test('an assistant over HTTP and a socket: a question, a plan run step by step, two devices in step, and a backup', async () => {
  const owner = await admin();
  const said: string[] = [];
  const demo = await anAssistant({ url, ownerKey: owner.key, say: (line) => said.push(line) });
  expect(demo.frames.join('')).toBe(demo.response);
  expect(demo.response).toBe('One task is due today: Send the offer to Acme.');
  const done = { id: 'task-2', status: 'done' };
  expect(demo.actions).toEqual([{ type: 'update_record', table: 'tasks', data: done, agent: null }]);
  expect(demo.steps).toEqual(['run_prompt', 'create_record']);
  const note = { title: 'Offer for Acme', signed: true };
  expect(demo.vault).toEqual({ laptop: note, phone: note, restored: 'all that her machine has' });
  expect(said.join('\n')).not.toContain(owner.key);
});

test('a creator’s day over HTTP: plan, create, watch, select, regenerate, save, search, and each limit with its reset', async () => {
  const owner = await admin();
  const said: string[] = [];
  const day = await aDay({
    url,
    ownerKey: owner.key,
    advance: (interval) => advance(db, interval),
    nextCallHangs: () => sandbox.faults.next({ kind: 'hang' }),
    nextCallIsDear: () => sandbox.faults.next({ kind: 'usage', reasoning_tokens: 10_000_000 }),
    say: (line) => said.push(line),
  });
  expect(Object.keys(day.denials).toSorted()).toEqual([...LIMITS].toSorted());
  for (const { resets_at } of Object.values(day.denials))
    expect(Date.parse(resets_at ?? '')).toBeGreaterThan(0);
  expect(day.streamed).toContain('variant');
  expect(day.streamed.at(-1)).toBe('done');
  expect(day.found).toMatchObject({
    'shipped teams': [expect.any(String)],
    Haus: [expect.any(String)],
    'Haus, deleted': [],
  });
  // The output holds no secret but the one that the demo itself made.
  expect(said.join('\n')).not.toContain(owner.key);
}, 120_000);

test('a marketplace over HTTP: a plugin is submitted, reviewed, bought, verified, refunded in part, paid out once and removed', async () => {
  const stripe = await createStripeSandbox({ driven: true, settings: { heldCurrencies: ['eur'] } });
  atEndOfFile(() => stripe.close());
  let passed = 0;
  const clock = { ...systemClock, now: () => systemClock.now() + passed };
  const shop = await testApp({ stripe, clock, settings: { EMAIL_VERIFICATION: 'off' } });
  const owner = await shop.admin();
  const said: string[] = [];
  const later = async (days: number) => {
    await advance(shop.db, `${days} days`);
    stripe.advance(days * 86_400);
    passed += days * 86_400_000;
  };
  const { verified, paid } = await aMarketplace({
    url: shop.url,
    ownerKey: owner.key,
    stripe,
    later,
    say: (line) => said.push(line),
  });
  expect({ verified, paid }).toEqual({ verified: true, paid: [210] });
  expect(said.join('\n')).not.toContain(owner.key);
});
