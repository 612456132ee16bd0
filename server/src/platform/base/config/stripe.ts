import type { Values } from './settings.ts';

/** Where purchases are paid (docs/billing.md). */
export interface StripeSettings {
  /** undefined: the sandbox stands in, and brings its own. */
  readonly account:
    | {
        readonly secretKey: string;
        /** As the key says. */
        readonly mode: 'live' | 'test';
        readonly webhookSecrets: readonly string[];
        /** Secrets of the endpoint for events of connected accounts. */
        readonly connectWebhookSecrets: readonly string[];
      }
    | undefined;
  readonly url: string;
  /** By all processes together. */
  readonly readsPerSecond: number;
  /** Whether Stripe adds taxes, and asks for tax ids. */
  readonly addsTax: boolean;
  /** How what is sold is taxed. */
  readonly tax: { readonly behavior: 'exclusive' | 'inclusive'; readonly code: string };
}

/** Reads where purchases are paid; undefined: nowhere, and nothing is sold. What is wrong is added to `problems`, a line each. */
export function readStripe(values: Values, problems: string[]): StripeSettings | undefined {
  const { STRIPE_SECRET_KEY: secretKey } = values;
  problems.push(...unfit(values));
  const isSandbox = values.SANDBOX_STRIPE ?? values.NODE_ENV === 'development';
  if (secretKey === undefined && !isSandbox) return undefined;
  return {
    account:
      secretKey === undefined
        ? undefined
        : {
            secretKey,
            mode: /^.._live_/.test(secretKey) ? 'live' : 'test',
            webhookSecrets: values.STRIPE_WEBHOOK_SECRET ?? [],
            connectWebhookSecrets: values.STRIPE_CONNECT_WEBHOOK_SECRET ?? [],
          },
    url: values.STRIPE_API_URL,
    readsPerSecond: values.STRIPE_READS_PER_SECOND,
    addsTax: values.STRIPE_TAX === 'automatic',
    tax: {
      behavior: values.STRIPE_PRICES_INCLUDE_TAX ? 'inclusive' : 'exclusive',
      code: values.STRIPE_TAX_CODE,
    },
  };
}

function unfit({ STRIPE_SECRET_KEY: key, ...values }: Values): string[] {
  const isProduction = values.NODE_ENV === 'production';
  const rules: readonly (readonly [boolean, string])[] = [
    [
      values.SANDBOX_STRIPE === true && isProduction,
      'SANDBOX_STRIPE lets anybody get a plan for free: it is refused in production.',
    ],
    [
      values.SANDBOX_STRIPE === true && key !== undefined,
      'SANDBOX_STRIPE=true contradicts STRIPE_SECRET_KEY: set one of them.',
    ],
    [
      values.STRIPE_WEBHOOK_SECRET !== undefined && key === undefined,
      'STRIPE_SECRET_KEY is missing: STRIPE_WEBHOOK_SECRET is set.',
    ],
    [
      values.STRIPE_CONNECT_WEBHOOK_SECRET !== undefined && key === undefined,
      'STRIPE_SECRET_KEY is missing: STRIPE_CONNECT_WEBHOOK_SECRET is set.',
    ],
    [
      isProduction && key !== undefined && values.PUBLIC_URL === undefined,
      'PUBLIC_URL is missing: Stripe sends its messages there.',
    ],
  ];
  return rules.flatMap(([isWrong, says]) => (isWrong ? [says] : []));
}
