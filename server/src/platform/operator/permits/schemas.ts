import { modelCost, namedObject, wholeNumber } from '#platform/http';
import { z } from 'zod';

/** Up to a thousand dollars, in micro-dollars: sums of invented figures stay numbers that can be counted with. */
const MOST_MICROS = 1_000_000_000;
/** No context window comes near it. */
const MOST_TOKENS = 100_000_000;
const MOST_UNITS = 1_000_000;
/** Tokens times a price are seldom whole: a part of a micro-dollar counts as one. */
const costMicros = z.number().min(0).max(MOST_MICROS).overwrite(Math.ceil);
const tokens = z.int().min(0).max(MOST_TOKENS);
const units = z.int().min(1).max(MOST_UNITS);
const word = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[a-z0-9_]+$/);
const model = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[\w./:-]+$/)
  .describe('As the price catalogue has it: `openai/gpt-4o`, or `gpt-4o` where one provider alone has it.');
const provider = z
  .string()
  .min(1)
  .max(40)
  .regex(/^[\w.-]+$/);

const ttlSeconds = z.int().min(1).max(3_600);

const use = {
  product: word,
  feature: word.describe('One that its product opens to backends outside.'),
  subject: z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/)
    .optional()
    .describe('What a limit by subject counts by: an id of yours, and no text of a user’s.'),
};

const usage = namedObject('ModelUsage', {
  model,
  provider: provider.optional(),
  provider_request_id: z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/)
    .optional()
    .describe('The provider’s own id of the call: it joins the ledger with their bill.'),
  prompt_tokens: tokens,
  cached_tokens: tokens.optional().describe('Part of the prompt’s.'),
  completion_tokens: tokens,
  reasoning_tokens: tokens.optional().describe('Part of the completion’s.'),
});

const said = {
  usage: usage
    .optional()
    .describe('Priced by the catalogue of this server, unless `cost_micros` says what it cost.'),
  cost_micros: costMicros.optional().describe('Micro-dollars, rounded up to a whole one.'),
};

export const permitBody = namedObject('CreatePermitRequest', {
  ...use,
  units: units.default(1),
  estimate: z
    .union([
      namedObject('ModelEstimate', {
        model,
        provider: provider.optional(),
        prompt_tokens: tokens.optional(),
        completion_tokens: tokens.optional(),
      }),
      namedObject('CostEstimate', { cost_micros: costMicros }),
    ])
    .optional()
    .describe(
      'The most that the call may cost: reserved from the budgets. Without it, what the feature reserves.',
    ),
  ttl_seconds: ttlSeconds
    .default(120)
    .describe(
      'After so many seconds it expires, and its place is free. Never longer than the feature allows.',
    ),
});

const tokensAsked = wholeNumber(0, MOST_TOKENS).optional();

/** As the body that a permit is asked with, flat, for a query has no objects. */
export const previewQuery = z.strictObject({
  ...use,
  units: wholeNumber(1, MOST_UNITS).default(1),
  model: model.optional(),
  provider: provider.optional(),
  prompt_tokens: tokensAsked,
  completion_tokens: tokensAsked,
  cost_micros: wholeNumber(0, MOST_MICROS)
    .optional()
    .describe('The most that the work may cost, in place of a model and its tokens.'),
});

export const previewReply = namedObject('PermitPreview', {
  admitted: z.boolean().describe('Whether a permit would be given at this moment.'),
  product: z.string(),
  feature: z.string(),
  units: z.int(),
  reserve_micros: modelCost('What would be reserved from the budgets.'),
  refusal: namedObject('PermitRefusal', {
    code: z.string(),
    message: z.string(),
    details: z.record(z.string(), z.unknown()),
  })
    .nullable()
    .describe('The error that asking for a permit would be answered with.'),
});

export const settleBody = namedObject('SettlePermitRequest', {
  units: z
    .int()
    .min(0)
    .max(MOST_UNITS)
    .optional()
    .describe('Fewer than admitted: the rest goes back. 0: the work failed after it had cost something.'),
  ...said,
});

export const releaseBody = namedObject('ReleasePermitRequest', {
  reason: z
    .string()
    .regex(/^[\w .:-]{1,100}$/)
    .default('released')
    .describe('A word for the ledger, and no text of a user’s.'),
});

export const extendBody = namedObject('ExtendPermitRequest', {
  ttl_seconds: ttlSeconds.default(120).describe('From now; a permit never ends sooner for it.'),
  cost_micros: costMicros.optional().describe('What it may cost in all; a reserve never shrinks.'),
});

const permit = {
  permit_id: z.uuid(),
  product: z.string(),
  feature: z.string(),
  units: z.int(),
  reserve_micros: modelCost('What is reserved from the budgets.'),
  expires_at: z.iso.datetime(),
};

export const delegatedReply = namedObject('Permit', { ...permit, status: z.literal('running') });

export const permitReply = namedObject('PermitStatus', {
  ...permit,
  subject: z.string().nullable(),
  status: z
    .enum(['running', 'settled', 'voided', 'expired'])
    .describe('`expired`: it was not closed in time; it counts as used until figures are reported.'),
  reason: z.string().nullable(),
  cost_micros: modelCost('What is posted for it.'),
  estimated: z.boolean().describe('Its reserve, because the actual cost was not reported.'),
  created_at: z.iso.datetime(),
});

export const settledReply = namedObject('SettledPermit', {
  permit_id: z.uuid(),
  status: z.literal('settled'),
  units: z.int(),
  cost_micros: modelCost('What is posted for it.'),
});

const usageEvent = namedObject('UsageEventReport', {
  id: z.uuid().describe('Yours: counted once for ever.'),
  ...use,
  units: z
    .int()
    .min(0)
    .max(MOST_UNITS)
    .optional()
    .describe('1 when not said. 0: it failed after it had cost something.'),
  ...said,
  at: z.iso
    .datetime({ offset: true })
    .optional()
    .describe('When it happened; now when not said. It is charged to the present windows that it lies in.'),
});

export const eventsBody = namedObject('ReportUsageEventsRequest', {
  events: z.array(usageEvent).min(1).max(1_000),
});

export const eventsReply = namedObject('UsageEventResultList', {
  data: z.array(
    namedObject('UsageEventResult', {
      id: z.uuid(),
      status: z.enum(['posted', 'duplicate', 'refused']),
      error: namedObject('UsageEventError', { code: z.string(), message: z.string() }).optional(),
    }),
  ),
});
