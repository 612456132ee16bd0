/**
 * Whether an origin is one of those listed: whole (`https://app.example.com`), with any port
 * (`http://localhost:*`), all of a scheme (`app://`), or `*`.
 */
export function originsAllowed(patterns: readonly string[]): (origin: string) => boolean {
  const matches = patterns.map((pattern) => {
    if (pattern === '*') return () => true;
    if (pattern.endsWith('://')) return (origin: string) => origin.startsWith(pattern);
    if (!pattern.endsWith(':*')) return (origin: string) => origin === pattern;
    const host = pattern.slice(0, -2);
    return (origin: string) =>
      origin === host || (origin.startsWith(`${host}:`) && /^\d{1,5}$/.test(origin.slice(host.length + 1)));
  });
  return (origin) => matches.some((matching) => matching(origin));
}
