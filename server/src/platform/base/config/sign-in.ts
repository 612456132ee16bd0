import type { Values } from './settings.ts';
import { isThisMachine } from './is-this-machine.ts';

/** Sign-ins at providers (docs/sign-in.md). */
export interface SignInSettings {
  /** Where browsers may be sent back to. */
  readonly returnTo: readonly string[];
  /** undefined: sign-ins by Google are refused. */
  readonly google:
    | { readonly issuer: string; readonly web: ClientSettings | undefined; readonly app: ClientSettings }
    | undefined;
  /** undefined: sign-ins by Firebase are refused. */
  readonly firebase: { readonly projectId: string; readonly keysUrl: string } | undefined;
  /** Whether the sandbox stands in for both: on this machine, where nothing else is set. Never in production. */
  readonly sandbox: boolean;
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
  const google = googleOf(values);
  const projectId = values.FIREBASE_PROJECT_ID;
  const isBare = google === undefined && projectId === undefined;
  return {
    returnTo: values.SIGN_IN_RETURN_TO ?? (isProduction ? [] : DEVELOPMENT_RETURNS),
    google,
    firebase: projectId === undefined ? undefined : { projectId, keysUrl: values.FIREBASE_KEYS_URL },
    sandbox: !isProduction && isBare && (values.SANDBOX_SIGN_IN ?? isThisMachine(values.HOST)),
  };
}

function googleOf(values: Values): SignInSettings['google'] {
  const { GOOGLE_CLIENT_ID: id, GOOGLE_CLIENT_SECRET: secret, GOOGLE_APP_CLIENT_ID: appId } = values;
  const web = id === undefined ? undefined : { clientId: id, clientSecret: secret };
  const app = appId === undefined ? web : { clientId: appId, clientSecret: undefined };
  return app === undefined ? undefined : { issuer: values.GOOGLE_ISSUER, web, app };
}

function halves({ GOOGLE_CLIENT_ID: id, GOOGLE_CLIENT_SECRET: secret }: Values): string[] {
  if ((id === undefined) === (secret === undefined)) return [];
  const [missing, there] =
    id === undefined
      ? ['GOOGLE_CLIENT_ID', 'GOOGLE_CLIENT_SECRET']
      : ['GOOGLE_CLIENT_SECRET', 'GOOGLE_CLIENT_ID'];
  return [`${missing} is missing: ${there} is set.`];
}

function unfitForProduction(values: Values): string[] {
  if (values.NODE_ENV !== 'production') return [];
  const sandbox =
    values.SANDBOX_SIGN_IN === true
      ? ['SANDBOX_SIGN_IN lets anybody in as anybody: it is refused in production.']
      : [];
  if (values.GOOGLE_CLIENT_ID === undefined) return sandbox;
  return [
    ...sandbox,
    ...(values.PUBLIC_URL === undefined ? ['PUBLIC_URL is missing: Google sends browsers back there.'] : []),
    ...(values.SIGN_IN_RETURN_TO === undefined
      ? ['SIGN_IN_RETURN_TO is missing: browsers that were at Google are sent on there.']
      : []),
  ];
}
