import type { Route } from '#platform/http';
import { ACCESS } from './access.ts';
import { DECLARATION } from './declaration.ts';
import { EFFECTS } from './effects.ts';
import { INPUT } from './input.ts';
import type { WalkerFixture, Rule } from './rule.ts';

export type { WalkerFixture, Rule } from './rule.ts';

/** All rules; those that change something come last. */
export const RULES: readonly Rule[] = [...DECLARATION, ...ACCESS, ...INPUT, ...EFFECTS];

/** What one rule objects to, route by route. */
export async function walk(rule: Rule, routes: readonly Route[], fixture: WalkerFixture): Promise<string[]> {
  const found: string[] = [];
  for (const route of routes.filter(rule.visits)) {
    const objections = await rule.objections(route, fixture);
    found.push(...objections.map((says) => `${route.name}: ${says}`));
  }
  return found;
}
