import { KEYED } from './routes.ts';

/** `@plinth/sdk/routes`: what `plinth generate` writes for the products of a team adds to it, by its types and by `addRoutes`. */
export * from './routes.ts';

/** Has the client know further calls: `keyed` are those that take an Idempotency-Key. */
export function addRoutes({ keyed }: { readonly keyed: readonly string[] }): void {
  for (const route of keyed) (KEYED as Set<string>).add(route);
}
