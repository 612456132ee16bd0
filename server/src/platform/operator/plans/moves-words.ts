import { type Catalogue, type GrantValue, type Plan, UNLIMITED } from '#platform/entitlements';

/** The difference of two terms of a plan, for those who have it. A budget is of what model calls cost the operator: no figure of it is told. */
export function changesInWords({ limits }: Catalogue, before: Plan, after: Plan): string {
  const texts = Object.entries(after.grants).flatMap(([name, next]) => {
    const former = before.grants[name];
    if (former === undefined || former === next) return [];
    const words = name.replaceAll('_', ' ');
    const isBudget = Object.hasOwn(limits, name) && limits[name]?.kind === 'budget';
    if (isBudget) return [`${words}: ${next > former ? 'more' : 'less'} than before`];
    return [`${words}: ${textOf(next)} in place of ${textOf(former)}`];
  });
  // Units that a subscription does not bill yet are sold with the next change of its plan.
  const ended = pastLimits(before).filter((name) => !pastLimits(after).includes(name));
  if (ended.length > 0)
    texts.push(`no longer for money, past the plan: ${ended.join(', ').replaceAll('_', ' ')}`);
  return texts.join('; ') || 'nothing that you use becomes another';
}

/** The limits of a plan that may be passed for money. */
const pastLimits = ({ overage = [] }: Plan) => overage.map(({ limit }) => limit).sort();

function textOf(value: GrantValue): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return value === UNLIMITED ? 'no limit' : new Intl.NumberFormat('en-US').format(value);
}
