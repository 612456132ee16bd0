import type { Values } from './settings.ts';

/** Where purchases of an Android app are read (docs/google-play.md). */
export interface GooglePlaySettings {
  /** undefined: the sandbox stands in, and brings its own. */
  readonly account:
    | { readonly packageName: string; readonly serviceAccount: string; readonly pushAccount: string }
    | undefined;
  /** In place of Google's hosts. */
  readonly url: string | undefined;
  readonly pushAudience: string;
  /** By all processes together. */
  readonly readsPerSecond: number;
}

/** Reads what is taken of Google Play; undefined: nothing. What is wrong is added to `problems`, a line each. */
export function readGooglePlay(
  values: Values,
  baseUrl: string,
  problems: string[],
): GooglePlaySettings | undefined {
  const {
    GOOGLE_PLAY_PACKAGE: packageName,
    GOOGLE_PLAY_SERVICE_ACCOUNT: serviceAccount,
    GOOGLE_PLAY_PUSH_ACCOUNT: pushAccount,
  } = values;
  const account =
    packageName === undefined || serviceAccount === undefined || pushAccount === undefined
      ? undefined
      : { packageName, serviceAccount, pushAccount };
  problems.push(...unfit(values, account === undefined));
  const isSandbox = values.SANDBOX_GOOGLE_PLAY ?? values.NODE_ENV === 'development';
  if (account === undefined && !isSandbox) return undefined;
  return {
    account,
    url: values.GOOGLE_PLAY_API_URL,
    pushAudience: values.GOOGLE_PLAY_PUSH_AUDIENCE ?? `${baseUrl}/v1/webhooks/google-play`,
    readsPerSecond: values.GOOGLE_PLAY_READS_PER_SECOND,
  };
}

const NEEDED = ['GOOGLE_PLAY_PACKAGE', 'GOOGLE_PLAY_SERVICE_ACCOUNT', 'GOOGLE_PLAY_PUSH_ACCOUNT'] as const;

function unfit(values: Values, isIncomplete: boolean): string[] {
  const [isProduction, isSandbox] = [values.NODE_ENV === 'production', values.SANDBOX_GOOGLE_PLAY === true];
  const isNamed = NEEDED.some((name) => values[name] !== undefined);
  return [
    ...(isNamed && isIncomplete
      ? NEEDED.filter((name) => values[name] === undefined).map(
          (name) => `${name} is missing: the other settings of Google Play are there.`,
        )
      : []),
    ...(isSandbox && isProduction
      ? ['SANDBOX_GOOGLE_PLAY lets anybody get a plan for free: it is refused in production.']
      : []),
    ...(isSandbox && isNamed
      ? ['SANDBOX_GOOGLE_PLAY=true contradicts GOOGLE_PLAY_PACKAGE: set one of them.']
      : []),
    ...(isProduction && values.GOOGLE_PLAY_API_URL !== undefined
      ? ['GOOGLE_PLAY_API_URL is for tests: the server at that address decides what was bought.']
      : []),
    ...(isProduction && isNamed && values.PUBLIC_URL === undefined
      ? ['PUBLIC_URL is missing: Google Play sends its messages there.']
      : []),
  ];
}
