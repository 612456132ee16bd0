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
  email_changed: template(z.strictObject({ email: z.string(), at: z.string() }), {
    email: 'ada@lovelace.example',
    at: '2026-11-20 08:00 UTC',
  }),
  address_taken: template(z.strictObject({}), {}),
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
} as const;

export type TemplateName = keyof typeof TEMPLATES;
export type FactsOf<Name extends TemplateName> = z.infer<(typeof TEMPLATES)[Name]['facts']>;
export const TEMPLATE_NAMES = Object.keys(TEMPLATES) as TemplateName[];

export function isTemplate(name: string): name is TemplateName {
  return Object.hasOwn(TEMPLATES, name);
}
