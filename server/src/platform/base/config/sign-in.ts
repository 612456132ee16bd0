import type { Values } from './settings.ts';
import { isThisMachine } from './is-this-machine.ts';

/** Sign-ins at providers (docs/sign-in.md). */
export interface SignInSettings {
  /** Where browsers may be sent back to. */
  readonly returnTo: readonly string[];
  /** undefined: sign-ins by Google are refused. */
  readonly google: ProviderSettings | undefined;
  /** undefined: sign-ins by Apple are refused. The clients of both have one key in place of a secret. */
  readonly apple:
    | (ProviderSettings & {
        readonly key: { readonly teamId: string; readonly keyId: string; readonly privateKey: string };
      })
    | undefined;
  /** undefined: sign-ins by Microsoft are refused. */
  readonly microsoft: (ProviderSettings & { readonly tenant: string }) | undefined;
  /** undefined: sign-ins by GitHub are refused. Apps use the same client. */
  readonly github:
    | {
        readonly issuer: string;
        readonly apiUrl: string;
        readonly clientId: string;
        readonly clientSecret: string;
      }
    | undefined;
  /** undefined: sign-ins by Firebase are refused. */
  readonly firebase: { readonly projectId: string; readonly keysUrl: string } | undefined;
  /** Whether the sandbox stands in for Google and Firebase: on this machine, where nothing else is set. Never in production. */
  readonly sandbox: boolean;
  /** Whether people sign in by a code and a link in a mail. */
  readonly byMail: boolean;
}

/** A provider, and what we are to it. */
export interface ProviderSettings {
  readonly issuer: string;
  readonly web: ClientSettings | undefined;
  readonly app: ClientSettings | undefined;
}

/** Our name and secret at a provider. */
export interface ClientSettings {
  readonly clientId: string;
  /** undefined: a public client, as apps are. */
  readonly clientSecret: string | undefined;
}

const DEVELOPMENT_RETURNS = ['http://localhost:*/*', 'http://127.0.0.1:*/*'];

/** Reads which providers sign users in. What is wrong is added to `problems`, a line each. */
export function readSignIn(values: Values, problems: string[]): SignInSettings {
  problems.push(...halves(values), ...unfitForProduction(values));
  const isProduction = values.NODE_ENV === 'production';
  const [google, apple, microsoft] = [googleOf(values), appleOf(values), microsoftOf(values)];
  const projectId = values.FIREBASE_PROJECT_ID;
  const github = githubOf(values);
  const isBare = [google, apple, microsoft, github, projectId].every((one) => one === undefined);
  return {
    returnTo: values.SIGN_IN_RETURN_TO ?? (isProduction ? [] : DEVELOPMENT_RETURNS),
    google,
    apple,
    microsoft,
    github,
    firebase: projectId === undefined ? undefined : { projectId, keysUrl: values.FIREBASE_KEYS_URL },
    sandbox: !isProduction && isBare && (values.SANDBOX_SIGN_IN ?? isThisMachine(values.HOST)),
    byMail: values.SIGN_IN_BY_MAIL ?? !isProduction,
  };
}

function googleOf(values: Values): SignInSettings['google'] {
  const { GOOGLE_CLIENT_ID: id, GOOGLE_CLIENT_SECRET: secret, GOOGLE_APP_CLIENT_ID: appId } = values;
  return clientsOf(values.GOOGLE_ISSUER, { id, secret, appId });
}

function microsoftOf(values: Values): SignInSettings['microsoft'] {
  const { MICROSOFT_CLIENT_ID: id, MICROSOFT_CLIENT_SECRET: secret, MICROSOFT_APP_CLIENT_ID: appId } = values;
  const tenant = values.MICROSOFT_TENANT;
  const clients = clientsOf(`${values.MICROSOFT_URL}/${tenant}/v2.0`, { id, secret, appId });
  return clients && { ...clients, tenant };
}

interface ClientIds {
  readonly id: string | undefined;
  readonly secret: string | undefined;
  readonly appId: string | undefined;
}

function clientsOf(issuer: string, { id, secret, appId }: ClientIds): ProviderSettings | undefined {
  const web = id === undefined ? undefined : { clientId: id, clientSecret: secret };
  const app = appId === undefined ? web : { clientId: appId, clientSecret: undefined };
  return app && { issuer, web, app };
}

const publicClient = (id: string | undefined) =>
  id === undefined ? undefined : { clientId: id, clientSecret: undefined };

function appleOf(values: Values): SignInSettings['apple'] {
  const { APPLE_TEAM_ID: teamId, APPLE_KEY_ID: keyId, APPLE_PRIVATE_KEY: privateKey } = values;
  if (teamId === undefined || keyId === undefined || privateKey === undefined) return undefined;
  return {
    issuer: values.APPLE_ISSUER,
    web: publicClient(values.APPLE_CLIENT_ID),
    app: publicClient(values.APPLE_APP_CLIENT_ID),
    key: { teamId, keyId, privateKey: privateKey.replaceAll('\\n', '\n') },
  };
}

function githubOf(values: Values): SignInSettings['github'] {
  const { GITHUB_CLIENT_ID: clientId, GITHUB_CLIENT_SECRET: clientSecret } = values;
  if (clientId === undefined || clientSecret === undefined) return undefined;
  return { issuer: values.GITHUB_URL, apiUrl: values.GITHUB_API_URL, clientId, clientSecret };
}

/** Settings that say something together alone. */
const TOGETHER = [
  ['GOOGLE_CLIENT_ID', 'GOOGLE_CLIENT_SECRET'],
  ['MICROSOFT_CLIENT_ID', 'MICROSOFT_CLIENT_SECRET'],
  ['GITHUB_CLIENT_ID', 'GITHUB_CLIENT_SECRET'],
  ['APPLE_TEAM_ID', 'APPLE_KEY_ID', 'APPLE_PRIVATE_KEY'],
] as const;

function halves(values: Values): string[] {
  const missing = TOGETHER.flatMap((names) => {
    const there = names.find((name) => values[name] !== undefined);
    return there === undefined
      ? []
      : names
          .filter((name) => values[name] === undefined)
          .map((name) => `${name} is missing: ${there} is set.`);
  });
  const { APPLE_CLIENT_ID: apple = values.APPLE_APP_CLIENT_ID, APPLE_TEAM_ID: team } = values;
  if ((apple === undefined) === (team === undefined)) return missing;
  return [
    ...missing,
    apple === undefined
      ? 'APPLE_CLIENT_ID is missing: APPLE_TEAM_ID is set.'
      : 'APPLE_TEAM_ID, APPLE_KEY_ID and APPLE_PRIVATE_KEY are missing: a client of Apple’s is set.',
  ];
}

/** Providers that send browsers back here. */
const WEB = {
  GOOGLE_CLIENT_ID: 'Google',
  APPLE_CLIENT_ID: 'Apple',
  MICROSOFT_CLIENT_ID: 'Microsoft',
  GITHUB_CLIENT_ID: 'GitHub',
} as const;

function unfitForProduction(values: Values): string[] {
  if (values.NODE_ENV !== 'production') return [];
  const sandbox =
    values.SANDBOX_SIGN_IN === true
      ? ['SANDBOX_SIGN_IN lets anybody in as anybody: it is refused in production.']
      : [];
  const [, name] = Object.entries(WEB).find(([setting]) => values[setting as keyof typeof WEB]) ?? [];
  if (name === undefined) return sandbox;
  return [
    ...sandbox,
    ...(values.PUBLIC_URL === undefined ? [`PUBLIC_URL is missing: ${name} sends browsers back there.`] : []),
    ...(values.SIGN_IN_RETURN_TO === undefined
      ? [`SIGN_IN_RETURN_TO is missing: browsers that were at ${name} are sent on there.`]
      : []),
  ];
}
