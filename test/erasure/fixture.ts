import { expect } from 'vitest';
import { advance } from '@plinth/testkit/factories';
import { outcomeOf, fixtureOf } from '../organizations/fixture.ts';
import type { Customer, Reply, TestApp } from '@plinth/testkit/services/app';
import { forgetRates } from '@plinth/testkit/services/forget-rates';

/** A customer who has signed in. */
export interface Resident extends Customer {
  readonly token: string;
}

const LINK = /\/v1\/auth\/restore\/(ple_[\w-]{43})/;

/** People who close their accounts, and come back, by what a client can send. */
export function leavingOf(app: Omit<TestApp, 'sandbox' | 'stripe'>) {
  const fixture = fixtureOf(app);
  const { erasure } = app.app.modules;

  async function resident(...plans: readonly string[]): Promise<Resident> {
    const customer = await app.customer(...plans);
    await forgetRates(app);
    return { ...customer, token: await fixture.signIn(customer.email, customer.password) };
  }

  const close = ({ token, password }: Resident): Promise<Reply> =>
    fixture.call(token, 'DELETE /v1/me', { password });

  return {
    ...fixture,
    resident,
    close,
    /** A user who has closed their account. */
    async gone(...plans: readonly string[]): Promise<Resident> {
      const who = await resident(...plans);
      expect(outcomeOf(await close(who))).toBe('200');
      return who;
    },
    /** The secrets of the links that they were sent, the oldest first. */
    async links({ email }: Pick<Resident, 'email'>): Promise<string[]> {
      const mails = (await app.outbox()).filter(({ to }) => to === email);
      return mails.flatMap(({ text }) => LINK.exec(text)?.[1] ?? []);
    },
    async restore(token: string | undefined): Promise<string> {
      await forgetRates(app);
      return outcomeOf(await app.call(undefined, 'POST /v1/auth/restore', { body: { token } }));
    },
    async login({ email, password }: Resident): Promise<string> {
      await forgetRates(app);
      return outcomeOf(await app.call(undefined, 'POST /v1/auth/login', { body: { email, password } }));
    },
    /** What the hourly job does. */
    erase: () => erasure.eraser.run(),
    later: (interval: string) => advance(app.db, interval),
  };
}
