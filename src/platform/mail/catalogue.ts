import { z } from 'zod';

const link = z.url({ protocol: /^https?$/ });
const hours = z.int().positive();

interface Template<Facts extends z.ZodType> {
  /** What the files of the template may name. */
  readonly facts: Facts;
  /** For previews, and the test that renders them all. */
  readonly example: z.infer<Facts>;
}

function template<Facts extends z.ZodType>(facts: Facts, example: z.infer<Facts>): Template<Facts> {
  return { facts, example };
}

/** A plan of an account, in words for people. */
const bought = { account: z.string(), product: z.string(), plan: z.string() };
const boughtExample = { account: 'Analytical Engines', product: 'Reel', plan: 'Pro' };
const failedPayment = z.strictObject({ ...bought, amount: z.string(), until: z.string(), next: z.string() });
const failedPaymentExample = {
  ...boughtExample,
  amount: '39.95 USD',
  until: '2026-11-27 08:00 UTC',
  next: 'Pay the invoice or change your card: https://pay.example.com/invoice',
};
const changedPlan = z.strictObject({ ...bought, why: z.string(), next: z.string() });

/** Every mail that is sent: its words are in `templates/<name>.txt` and `.html`, its facts here. */
export const TEMPLATES = {
  verify_email: template(z.strictObject({ link, hours }), {
    link: 'https://api.example.com/v1/auth/verify-email/ple_example',
    hours: 24,
  }),
  change_email: template(z.strictObject({ link, hours, email: z.string() }), {
    link: 'https://api.example.com/v1/auth/verify-email/ple_example',
    hours: 24,
    email: 'ada@lovelace.example',
  }),
  reset_password: template(z.strictObject({ link, hours }), {
    link: 'https://api.example.com/v1/auth/reset-password/ple_example',
    hours: 1,
  }),
  password_changed: template(z.strictObject({ at: z.string() }), { at: '2026-11-20 08:00 UTC' }),
  mfa_changed: template(z.strictObject({ change: z.string(), at: z.string() }), {
    change: 'A passkey was added.',
    at: '2026-11-20 08:00 UTC',
  }),
  email_changed: template(z.strictObject({ email: z.string(), at: z.string() }), {
    email: 'ada@lovelace.example',
    at: '2026-11-20 08:00 UTC',
  }),
  identity_linked: template(z.strictObject({ provider: z.string(), at: z.string() }), {
    provider: 'Google',
    at: '2026-11-20 08:00 UTC',
  }),
  address_claimed: template(z.strictObject({ provider: z.string(), at: z.string() }), {
    provider: 'Google',
    at: '2026-11-20 08:00 UTC',
  }),
  identity_unlinked: template(z.strictObject({ provider: z.string(), at: z.string() }), {
    provider: 'Google',
    at: '2026-11-20 08:00 UTC',
  }),
  session_replayed: template(z.strictObject({ device: z.string(), at: z.string() }), {
    device: 'Firefox on Windows',
    at: '2026-11-20 08:00 UTC',
  }),
  new_device: template(z.strictObject({ device: z.string(), ip: z.string(), at: z.string() }), {
    device: 'Firefox on Windows',
    ip: '203.0.113.7',
    at: '2026-11-20 08:00 UTC',
  }),
  address_taken: template(z.strictObject({}), {}),
  account_closed: template(z.strictObject({ link, until: z.string() }), {
    link: 'https://api.example.com/v1/auth/restore/ple_example',
    until: '2026-12-04 08:00 UTC',
  }),
  organization_closed: template(z.strictObject({ organization: z.string(), until: z.string() }), {
    organization: 'Analytical Engines',
    until: '2026-12-04 08:00 UTC',
  }),
  export_ready: template(z.strictObject({ until: z.string() }), { until: '2026-11-27 08:00 UTC' }),
  invitation: template(
    z.strictObject({
      link,
      organization: z.string(),
      inviter: z.string(),
      role: z.string(),
      days: z.int().positive(),
    }),
    {
      link: 'https://api.example.com/v1/invitations/accept#pli_example',
      organization: 'Analytical Engines',
      inviter: 'Ada Lovelace',
      role: 'member',
      days: 7,
    },
  ),
  sso_changed: template(z.strictObject({ organization: z.string(), change: z.string(), at: z.string() }), {
    organization: 'Analytical Engines',
    change: 'Single sign-on is required now.',
    at: '2026-11-20 08:00 UTC',
  }),
  domain_missing: template(
    z.strictObject({
      organization: z.string(),
      domain: z.string(),
      name: z.string(),
      value: z.string(),
      days: z.int().positive(),
    }),
    {
      organization: 'Analytical Engines',
      domain: 'example.com',
      name: '_plinth-challenge.example.com',
      value: 'plinth-verification=example',
      days: 3,
    },
  ),
  domain_lost: template(z.strictObject({ organization: z.string(), domain: z.string() }), {
    organization: 'Analytical Engines',
    domain: 'example.com',
  }),
  limit_alert: template(
    z.strictObject({
      account: z.string(),
      product: z.string(),
      limit: z.string(),
      percent: z.int(),
      used: z.string(),
      max: z.string(),
      next: z.string(),
    }),
    {
      account: 'Analytical Engines',
      product: 'Reel',
      limit: 'generations',
      percent: 80,
      used: '80',
      max: '100',
      next: 'Nothing is refused yet. It is counted anew at 2026-12-01 00:00 UTC.',
    },
  ),
  operator_budget_closed: template(
    z.strictObject({ budget: z.string(), spent: z.string(), daily: z.string(), until: z.string() }),
    { budget: 'product reel', spent: '$50.12', daily: '$50.00', until: '2026-11-21 00:00 UTC' },
  ),
  payment_failed: template(failedPayment, failedPaymentExample),
  payment_failed_again: template(failedPayment, failedPaymentExample),
  subscription_suspended: template(changedPlan, {
    ...boughtExample,
    why: 'A payment of 39.95 USD could not be made three times.',
    next: 'Pay the invoice or change your card, and it is in effect again: https://pay.example.com/invoice',
  }),
  payment_recovered: template(changedPlan, {
    ...boughtExample,
    why: 'The payment of 39.95 USD was made.',
    next: 'There is nothing that you have to do.',
  }),
  subscription_canceled: template(changedPlan, {
    ...boughtExample,
    why: 'It ended at 2026-11-20 08:00 UTC.',
    next: 'Nothing was deleted. You can subscribe again at any time.',
  }),
  trial_refused: template(changedPlan, {
    ...boughtExample,
    why: 'A trial of it is not to be had for this account or with this card.',
    next: 'Nothing was charged. You can subscribe at any time; it is paid from the first day on.',
  }),
} as const;

export type TemplateName = keyof typeof TEMPLATES;
export type FactsOf<Name extends TemplateName> = z.infer<(typeof TEMPLATES)[Name]['facts']>;
export const TEMPLATE_NAMES = Object.keys(TEMPLATES) as TemplateName[];

export function isTemplate(name: string): name is TemplateName {
  return Object.hasOwn(TEMPLATES, name);
}
