import { type Catalogue, type LimitDeclaration, type Plan, UNLIMITED } from '#platform/entitlements';
import { declaredErrors } from '#platform/kernel';
import { METRICS } from '#platform/telemetry';
import { eventSchemas } from '#platform/webhooks';
import { products } from '#products';

export const MADE = 'Made from the code by `npm run generate`.';

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function line(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

/** Every code that a caller may be answered. */
export function errorsMarkdown(): string {
  const rows = declaredErrors().map(([code, { status, message }]) => [
    `\`${code}\``,
    String(status),
    message,
  ]);
  return `# Error codes\n\n${MADE}\n\n${table(['code', 'status', 'message'], rows)}\n`;
}

/** Every metric of /metrics. */
export function metricsMarkdown(): string {
  const rows = Object.values(METRICS).map(({ name, kind, labels, help }) => [
    `\`${name}\``,
    kind,
    labels.map((label) => `\`${label}\``).join(', '),
    help,
  ]);
  return `# Metrics\n\n${MADE}\n\n${table(['metric', 'kind', 'labels', ''], rows)}\n`;
}

/** What the operator's endpoints may be told, and what products write into the audit. */
export function eventsMarkdown(): string {
  const kinds = eventSchemas();
  const types = kinds.map(({ type, when }) => [`\`${type}\``, when]);
  const examples = kinds.map(
    ({ type, example }) => `### ${type}\n\n\`\`\`json\n${JSON.stringify(example, null, 2)}\n\`\`\`\n`,
  );
  const actions = products
    .flatMap(({ auditActions }) => Object.entries(auditActions))
    .map(([action, what]) => [`\`${action}\``, what]);
  const audit = actions.length === 0 ? 'None is declared.' : table(['action', 'what was done'], actions);
  return `# Events and audit actions\n\n${MADE}\n\n## Webhooks\n\n${table(['type', 'when'], types)}\n\n${examples.join('\n')}\n## Audit actions of products\n\n${audit}\n`;
}

/** What each plan of each product grants. */
export function limitsMarkdown(): string {
  const sections = products.map(({ catalogue }) => `## ${catalogue.name}\n\n${catalogueTable(catalogue)}\n`);
  return `# Limits by plan\n\n${MADE}\n\n${sections.join('\n')}`;
}

function catalogueTable({ product, plans, limits }: Catalogue): string {
  const shown = Object.entries(plans);
  const names = [...new Set(shown.flatMap(([, { grants }]) => Object.keys(grants)))];
  const rows = names.map((name) => {
    const limit = limits[name];
    const kind = limit === undefined ? '' : `${limit.kind}${windowOf(limit)}, by ${limit.by}`;
    return [`\`${name}\``, kind, ...shown.map(([, plan]) => describeLimit(plan, name, limit?.kind))];
  });
  const heads = shown.map(
    ([key, { hidden }]) => `\`${product}.${key}\`${hidden === true ? ' (not sold)' : ''}`,
  );
  return table(['grant', 'counts', ...heads], rows);
}

/** A plan's size of a limit, how it grows with seats, and what units past it cost. */
function describeLimit(
  { grants, price, perSeat = [], overage = [] }: Plan,
  name: string,
  kind: string | undefined,
): string {
  const seat = perSeat.includes(name) ? ' a seat' : '';
  const past = overage.find(({ limit }) => limit === name);
  const each =
    past === undefined ? '' : `; past it ${past.micros / 1_000_000} ${price.currency} each, if allowed`;
  return `${size(grants[name], kind)}${seat}${each}`;
}

function windowOf(limit: LimitDeclaration): string {
  if (!('per' in limit)) return '';
  const per = limit.per.replaceAll('_', ' ');
  if ('sliding' in limit && limit.sliding) return ` in any ${per}`;
  const zone = 'zone' in limit && limit.zone !== undefined ? " of the account's zone" : '';
  return ` ${limit.per === 'hour' ? 'an' : 'a'} ${per}${zone}`;
}

function size(value: number | boolean | undefined, kind: string | undefined): string {
  if (value === undefined || value === false) return '';
  if (value === true) return 'yes';
  if (value === UNLIMITED) return 'no cap';
  if (kind === 'budget') return `$${(value / 1_000_000).toFixed(2)}`;
  return kind === 'cooldown' ? `${value} s` : String(value);
}
