import type { Values } from './settings.ts';

/** How an app of the App Store is sold (docs/app-store.md). */
export interface AppStoreSettings {
  /** undefined: the sandbox stands in, and brings its own. */
  readonly app:
    | {
        readonly bundleId: string;
        readonly appId: number | undefined;
        readonly issuerId: string;
        readonly keyId: string;
        /** PEM. */
        readonly privateKey: string;
        /** In production Apple's sandbox is told of too. */
        readonly environments: readonly ('Production' | 'Sandbox')[];
        readonly ocsp: boolean;
        readonly url: string | undefined;
      }
    | undefined;
  readonly commissionPercent: number;
  /** By all processes together. */
  readonly readsPerSecond: number;
  /** How Apple is answered that asks how a purchase was used; undefined: customers have not agreed to that. */
  readonly answers:
    | { readonly refundPreference: 'DECLINE' | 'GRANT_FULL' | 'GRANT_PRORATED' | undefined }
    | undefined;
}

const NAMES = [
  'APP_STORE_BUNDLE_ID',
  'APP_STORE_APP_ID',
  'APP_STORE_ISSUER_ID',
  'APP_STORE_KEY_ID',
  'APP_STORE_PRIVATE_KEY',
] as const;

/** Reads how apps are sold in the App Store; undefined: nothing is. What is wrong is added to `problems`, a line each. */
export function readAppStore(values: Values, problems: string[]): AppStoreSettings | undefined {
  problems.push(...unfit(values));
  const isSandbox = values.SANDBOX_APP_STORE ?? values.NODE_ENV === 'development';
  const app = appOf(values);
  if (app === undefined && !isSandbox) return undefined;
  const { APP_STORE_COMMISSION_PERCENT: commissionPercent, APP_STORE_READS_PER_SECOND: readsPerSecond } =
    values;
  return { app, commissionPercent, readsPerSecond, answers: answersOf(values) };
}

/** As Apple writes them. */
const PREFERENCES = {
  decline: 'DECLINE',
  grant_full: 'GRANT_FULL',
  grant_prorated: 'GRANT_PRORATED',
} as const;

function answersOf(values: Values): AppStoreSettings['answers'] {
  const { APP_STORE_CUSTOMERS_CONSENT: consent, APP_STORE_REFUND_PREFERENCE: preference } = values;
  return consent ? { refundPreference: preference && PREFERENCES[preference] } : undefined;
}

function appOf(values: Values): AppStoreSettings['app'] {
  const { APP_STORE_BUNDLE_ID: bundleId, APP_STORE_PRIVATE_KEY: privateKey } = values;
  const { APP_STORE_ISSUER_ID: issuerId, APP_STORE_KEY_ID: keyId } = values;
  if (bundleId === undefined || privateKey === undefined || issuerId === undefined || keyId === undefined)
    return undefined;
  return {
    bundleId,
    appId: values.APP_STORE_APP_ID,
    issuerId,
    keyId,
    privateKey: privateKey.replaceAll('\\n', '\n'),
    environments: values.APP_STORE_ENVIRONMENT === 'production' ? ['Production', 'Sandbox'] : ['Sandbox'],
    ocsp: values.APP_STORE_OCSP,
    url: values.APP_STORE_API_URL,
  };
}

function unfit(values: Values): string[] {
  const isProduction = values.NODE_ENV === 'production';
  const needed = NAMES.filter(
    (name) => name !== 'APP_STORE_APP_ID' || values.APP_STORE_ENVIRONMENT === 'production',
  );
  const missing = needed.filter((name) => values[name] === undefined);
  const isSold = NAMES.some((name) => values[name] !== undefined);
  const rules: readonly (readonly [boolean, string])[] = [
    [
      isSold && missing.length > 0,
      `${missing.join(', ')} missing: an app of the App Store is set up in part.`,
    ],
    [
      values.SANDBOX_APP_STORE === true && isProduction,
      'SANDBOX_APP_STORE lets anybody get a plan for free: it is refused in production.',
    ],
    [
      values.SANDBOX_APP_STORE === true && isSold,
      'SANDBOX_APP_STORE=true contradicts APP_STORE_BUNDLE_ID: set one of them.',
    ],
    [
      values.APP_STORE_API_URL !== undefined && isProduction && values.APP_STORE_ENVIRONMENT === 'production',
      'APP_STORE_API_URL is for tests: Apple’s production and its sandbox have addresses of their own.',
    ],
    [
      values.APP_STORE_REFUND_PREFERENCE !== undefined && !values.APP_STORE_CUSTOMERS_CONSENT,
      'APP_STORE_REFUND_PREFERENCE has an effect only with APP_STORE_CUSTOMERS_CONSENT=true: set both, or neither.',
    ],
    [
      isProduction && isSold && values.PUBLIC_URL === undefined,
      'PUBLIC_URL is missing: the App Store sends its notifications there.',
    ],
  ];
  return rules.flatMap(([isWrong, says]) => (isWrong ? [says] : []));
}
