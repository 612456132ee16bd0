/** A cookie that this server alone sets and reads, out of reach of scripts. */
export interface OwnCookie {
  /** Its value in the `Cookie` header of a request. */
  read(header: string | undefined): string | undefined;
  /** The `Set-Cookie` header that has a browser keep it for so many seconds; 0: forget it. */
  write(value: string, seconds: number): string;
}

export interface OwnCookieOptions {
  /** Whether browsers reach this server by HTTPS: the cookie is for that alone then. */
  readonly isSecure: boolean;
  /**
   * By HTTPS and without. A prefix keeps neighbours of this host from setting it (RFC 6265bis, section 4.1.3); ports of a host share
   * cookies, so that a name without HTTPS may have the port.
   */
  readonly names: readonly [secure: string, plain: string];
  /** The form of its values, as part of a regular expression. */
  readonly value: string;
  readonly path: string;
  readonly sameSite: 'Lax' | 'Strict';
}

export function ownCookie({ isSecure, names, value: form, path, sameSite }: OwnCookieOptions): OwnCookie {
  const [secure, plain] = names;
  const name = isSecure ? secure : plain;
  const pattern = new RegExp(`(?:^|;\\s*)${name}=(${form})(?:;|$)`);
  return {
    read: (header = '') => pattern.exec(header)?.[1],
    write: (value, seconds) =>
      `${name}=${value}; Path=${path}; Max-Age=${seconds}; HttpOnly; SameSite=${sameSite}${isSecure ? '; Secure' : ''}`,
  };
}
