import { z } from 'zod';
import type { Attachment } from './transport.ts';

const link = z.url({ protocol: /^https?$/ });
/** Empty where no page is known; a version before wrote none. */
const linkIfAny = z.union([link, z.literal('')]).default('');
const hours = z.int().positive();

/** Facts of a template: links, names, figures. */
export type Facts = Readonly<Record<string, string | number>>;

interface Template<Schema extends z.ZodType<Facts>> {
  /** Facts that the files of the template may name. */
  readonly facts: Schema;
  /** For previews, and the test that renders them all. */
  readonly example: z.infer<Schema>;
  /** Files of the mail, by example; a template without any sends none. */
  readonly attachments: readonly Attachment[];
}

/** A template, before it is known whose it is. */
export function mailTemplate<Schema extends z.ZodType<Facts>>(
  facts: Schema,
  example: z.infer<Schema>,
  attachments: readonly Attachment[] = [],
): Template<Schema> {
  return { facts, example, attachments };
}
const template = mailTemplate;

/** A template with its name and where its file is: `<file>.txt`. */
export interface MailTemplate<Schema extends z.ZodType<Facts> = z.ZodType<Facts>> extends Template<Schema> {
  /** `invitation`, or `notes.ready` of a product. */
  readonly name: string;
  readonly file: URL;
}

/**
 * The mails of a product: `declareMails('notes', import.meta.url, { ready: mailTemplate(facts, example) })` is `notes.ready`, whose words
 * are in `mails/ready.txt` beside the file that declares it. Its product says them in `mails`.
 */
export function declareMails<const Names extends Readonly<Record<string, Template<z.ZodType<Facts>>>>>(
  product: string,
  folder: string,
  templates: Names,
): { readonly [Name in keyof Names]: MailTemplate<Names[Name]['facts']> } {
  const named = Object.entries(templates).map(([name, one]) => [
    name,
    { ...one, name: `${product}.${name}`, file: new URL(`./mails/${name}`, folder) },
  ]);
  return Object.fromEntries(named) as ReturnType<typeof declareMails<Names>>;
}

/** A plan of an account, in words for people. */
const bought = { account: z.string(), product: z.string(), plan: z.string() };
const boughtExample = { account: 'Analytical Engines', product: 'Reel', plan: 'Pro' };
const INVOICE = 'https://pay.example.com/invoice';
const failedPayment = z.strictObject({
  ...bought,
  amount: z.string(),
  until: z.string(),
  next: z.string(),
  link: linkIfAny,
});
const failedPaymentExample = {
  ...boughtExample,
  amount: '39.95 USD',
  until: '2026-11-27 08:00 UTC',
  next: 'Pay the invoice or change your card.',
  link: INVOICE,
};
const changedPlan = z.strictObject({ ...bought, why: z.string(), next: z.string(), link: linkIfAny });
const changedExample = { ...boughtExample, link: '' };

/** Money for a payee. */
const payout = z.strictObject({
  account: z.string(),
  amount: z.string(),
  period: z.string(),
  next: z.string(),
});
const payoutExample = { account: 'Analytical Engines', amount: '69.90 USD', period: '2026-11' };

/** A notice before a charge. */
const noticed = z.strictObject({ ...bought, until: z.string(), next: z.string() });
const noticedExample = { ...boughtExample, until: '2026-12-20 08:00 UTC' };

/** Every mail that is sent: its words are in `templates/<name>.txt`, its facts here. */
export const TEMPLATES = {
  welcome: template(z.strictObject({ link, hours }), {
    link: 'https://api.example.com/v1/auth/verify-email/ple_example',
    hours: 24,
  }),
  address_verified: template(z.strictObject({ product: z.string() }), { product: 'Coditect' }),
  verify_email: template(z.strictObject({ link, hours }), {
    link: 'https://api.example.com/v1/auth/verify-email/ple_example',
    hours: 24,
  }),
  sign_in: template(z.strictObject({ code: z.string(), link, minutes: z.int().positive() }), {
    code: '7KQ2-9M3X',
    link: 'https://api.example.com/v1/auth/mail/open/ple_example',
    minutes: 10,
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
      name: '_sso-challenge.example.com',
      value: 'sso-verification=example',
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
  credits_expiring: template(
    z.strictObject({
      account: z.string(),
      product: z.string(),
      limit: z.string(),
      remaining: z.string(),
      until: z.string(),
    }),
    {
      account: 'Analytical Engines',
      product: 'Reel',
      limit: 'images',
      remaining: '85',
      until: '2026-11-27 08:00 UTC',
    },
  ),
  credits_taken_back: template(
    z.strictObject({
      account: z.string(),
      product: z.string(),
      limit: z.string(),
      amount: z.string(),
      taken: z.string(),
      next: z.string(),
    }),
    {
      account: 'Analytical Engines',
      product: 'Reel',
      limit: 'images',
      amount: '100',
      taken: '50',
      next: '15 of them were used before. They are owed: other credits pay for them, and while those are not enough calls are refused.',
    },
  ),
  operator_budget_closed: template(
    z.strictObject({ budget: z.string(), spent: z.string(), daily: z.string(), until: z.string() }),
    { budget: 'product reel', spent: '$50.12', daily: '$50.00', until: '2026-11-21 00:00 UTC' },
  ),
  payouts_problem: template(z.strictObject({ problem: z.string() }), {
    problem:
      'The balance at the payment provider is too small for the payouts of 2026-11. They are asked for again each day.',
  }),
  payout_sent: template(payout, {
    ...payoutExample,
    next: 'It is smaller by 7.00 USD, for refunds and disputes of your sales. Stripe pays it to your bank account on the days that you chose there.',
  }),
  payout_refused: template(payout, {
    ...payoutExample,
    next: 'It is owed as before, and is paid with a later run. You need do nothing here; your account at Stripe may say more.',
  }),
  payment_failed: template(failedPayment, failedPaymentExample),
  payment_failed_again: template(failedPayment, failedPaymentExample),
  invoice_overdue: template(failedPayment, {
    ...failedPaymentExample,
    next: 'Pay it, and the plan goes on.',
  }),
  payment_action_required: template(
    z.strictObject({ ...bought, amount: z.string(), next: z.string(), link: linkIfAny }),
    {
      ...boughtExample,
      amount: '34.00 USD',
      next: 'The plan is Basic as before, and becomes Pro once the payment is confirmed. Confirm it until 2026-11-21 07:00 UTC.',
      link: INVOICE,
    },
  ),
  change_not_paid: template(changedPlan, {
    ...changedExample,
    why: 'The payment of 34.00 USD for a change of it was not made.',
    next: 'Nothing is owed for it. You can change the plan again at any time.',
  }),
  subscription_suspended: template(changedPlan, {
    ...changedExample,
    why: 'A payment of 39.95 USD could not be made, and the days that were promised are over.',
    next: 'Pay the invoice or change your card, and it is in effect again.',
    link: INVOICE,
  }),
  payment_recovered: template(changedPlan, {
    ...changedExample,
    why: 'The payment of 39.95 USD was made.',
    next: 'There is nothing that you have to do.',
  }),
  subscription_canceled: template(changedPlan, {
    ...changedExample,
    why: 'It ended at 2026-11-20 08:00 UTC.',
    next: 'Nothing was deleted. You can subscribe again at any time.',
  }),
  plan_changed: template(changedPlan, {
    ...changedExample,
    why: 'Before, it was Basic.',
    next: 'There is nothing that you have to do.',
  }),
  plan_terms: template(z.strictObject({ ...bought, changes: z.string(), from: z.string() }), {
    ...boughtExample,
    changes: 'posts: 40 in place of 60',
    from: 'with the first period that begins after 2026-12-13',
  }),
  trial_ends: template(noticed, {
    ...noticedExample,
    next: 'From then on it costs 39.95 USD a month (before discounts and taxes). If you do not want that, end it before: then nothing is charged.',
  }),
  renewal_ahead: template(noticed, {
    ...noticedExample,
    next: 'It costs 399.00 USD a year (before discounts and taxes). If you do not want that, end it before: then nothing is charged.',
  }),
  card_expires: template(noticed, {
    ...noticedExample,
    next: 'The card that pays for it is good until 11/2026, and 39.95 USD a month (before discounts and taxes) are due after that. Give another card before: else the payment fails.',
  }),
  price_raised: template(noticed, {
    ...noticedExample,
    next: 'From then on it costs 49.95 USD a month (before discounts and taxes), in place of 39.95 USD a month. If you do not want that, end it before: then nothing is charged.',
  }),
  paid_twice: template(changedPlan, {
    ...changedExample,
    why: 'It is paid for at the App Store and at Google Play.',
    next: 'To pay once, cancel one of them where you bought it: each ends with what is paid for.',
  }),
  top_up_stopped: template(
    z.strictObject({
      account: z.string(),
      product: z.string(),
      pack: z.string(),
      why: z.string(),
      next: z.string(),
      link: linkIfAny,
    }),
    {
      account: 'Analytical Engines',
      product: 'Reel',
      pack: 'Hundred images',
      why: 'The monthly cap of 50.00 USD has no room for another pack.',
      next: 'It goes on with the next calendar month (UTC), or once you raise the cap.',
      link: '',
    },
  ),
  trial_refused: template(changedPlan, {
    ...changedExample,
    why: 'A trial of it is not to be had for this account or with this card.',
    next: 'Nothing was charged. You can subscribe at any time; it is paid from the first day on.',
  }),
} as const;

export type TemplateName = keyof typeof TEMPLATES;
/** A template of the platform by its name, or one of a product. */
export type AnyTemplate = TemplateName | MailTemplate;
export type FactsOf<Of extends AnyTemplate> = (
  Of extends TemplateName
    ? (typeof TEMPLATES)[Of]
    : Of
) extends { readonly facts: infer Schema extends z.ZodType<Facts> }
  ? z.infer<Schema>
  : never;

const OURS: readonly MailTemplate[] = Object.entries(TEMPLATES).map(([name, one]) => ({
  ...one,
  name,
  file: new URL(`./templates/${name}`, import.meta.url),
}));
const known = new Map(OURS.map((one) => [one.name, one]));

/** The product whose template it is; undefined: one of the platform. */
export function productOf({ name }: Pick<MailTemplate, 'name'>): string | undefined {
  const [product, own] = name.split('.', 2);
  return own === undefined ? undefined : product;
}

/** Makes the templates of a product known, so that they are sent, listed and previewed like all others. */
export function addMails(templates: readonly MailTemplate[]): void {
  for (const one of templates) known.set(one.name, one);
}

/** All templates: those of the platform, and those of its products; by name, whichever product was read first. */
export function mailTemplates(): readonly MailTemplate[] {
  return [...known.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** A template by its name. */
export function templateCalled(name: string): MailTemplate {
  const found = known.get(name);
  if (found === undefined) throw new Error(`there is no template ${name}`);
  return found;
}
