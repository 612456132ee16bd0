import { AppError } from '#platform/kernel';

/**
 * Where browsers may be sent back to with a one-time code. A pattern is a whole address (`https://app.example.com/in`),
 * all below one (`https://app.example.com/*`), one with any port (`http://localhost:*\/in`), or all of a scheme (`app://`).
 */
export function returnsAllowed(patterns: readonly string[]): (address: string) => boolean {
  const matching = patterns.map(matcherOf);
  return (address) => {
    if (!URL.canParse(address)) return false;
    const { username, password, hash, protocol } = new URL(address);
    if (username !== '' || password !== '' || hash !== '' || RUNS.test(protocol)) return false;
    return matching.some((matches) => matches(new URL(address)));
  };
}

export interface ReturnSettings {
  /** The address of this server, without a slash at its end; with https, cookies are for https alone. */
  readonly baseUrl: string;
  /** Where browsers may be sent back to; `returnsAllowed` says how they are written. */
  readonly returnTo: readonly string[];
}

/** Where this server sends browsers back to. The console’s own page is this server’s: its code goes to no other server. */
export const returnRule = ({ baseUrl, returnTo }: ReturnSettings) =>
  returnsAllowed([...returnTo, `${new URL(baseUrl).origin}/app/sign-in`]);

/** Schemes that a browser would run in place of going there. */
const RUNS = /^(javascript|data|blob|file|vbscript):$/;

function matcherOf(pattern: string): (url: URL) => boolean {
  if (pattern.endsWith('://')) return ({ protocol }) => `${protocol}//` === pattern;
  const [, origin = '', path = ''] = /^([a-z][a-z0-9+.-]*:\/\/[^/]+)(\/.*)?$/i.exec(pattern) ?? [];
  const anyPort = origin.endsWith(':*');
  const start = anyPort ? origin.slice(0, -2) : origin;
  return (url) => {
    const place = `${url.protocol}//${anyPort ? url.hostname : url.host}`;
    if (place !== start.toLowerCase()) return false;
    return path.endsWith('/*') ? url.pathname.startsWith(path.slice(0, -1)) : url.pathname === (path || '/');
  };
}

/** The address with an answer in its query; what it had of the same names goes. */
export function returnUrl(address: string, answer: Readonly<Record<string, string>>): string {
  const url = new URL(address);
  for (const name of ANSWERS) url.searchParams.delete(name);
  for (const [name, value] of Object.entries(answer)) url.searchParams.set(name, value);
  return url.href;
}

const ANSWERS = ['code', 'error'] as const;

export function assertReturn(isAllowed: (address: string) => boolean, address: string): void {
  if (isAllowed(address)) return;
  throw new AppError('validation_failed', {
    message: 'return_to is none of the addresses that SIGN_IN_RETURN_TO lists.',
  });
}
