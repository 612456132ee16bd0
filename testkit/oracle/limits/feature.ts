import type { Catalogue } from '#platform/entitlements';
import { type Rule, ruleOf } from '../../../server/src/platform/limits/features.ts';
import type { FeatureRules } from './state.ts';

/** A feature's limits in the product's order, and after them the limit of failed calls, in micro-dollars a day. */
export function featureRules(catalogue: Catalogue, name: string, failures: number): FeatureRules {
  const feature = catalogue.features[name];
  if (feature === undefined) throw new Error(`no such feature: ${catalogue.product}.${name}`);
  const rules = feature.consumes.map((limit) => {
    const declaration = catalogue.limits[limit];
    if (declaration === undefined)
      throw new Error(`${catalogue.product}.${name} consumes an unknown limit: ${limit}`);
    return ruleOf(limit, declaration);
  });
  const failuresRule: Rule = {
    name: 'failures',
    kind: 'failures',
    per: 'day',
    by: 'account',
    share: null,
    most: failures,
  };
  return {
    requires: feature.requires ?? [],
    longestSeconds: feature.longestSeconds,
    rules: [...rules, failuresRule],
  };
}
