/** The redirects that keep method and body. */
const KEEPING = new Set([307, 308]);

/**
 * The path to send a request to again; undefined when the answer is no redirect, or one that is not followed: those
 * that make a GET of it, and those to another origin, which must not get our key.
 */
export function redirectedPath(
  answer: { readonly status: number; readonly location: string | undefined },
  origin: string,
): string | undefined {
  if (!KEEPING.has(answer.status) || answer.location === undefined) return undefined;
  const to = URL.parse(answer.location, origin);
  return to?.origin === new URL(origin).origin ? to.pathname + to.search : undefined;
}
