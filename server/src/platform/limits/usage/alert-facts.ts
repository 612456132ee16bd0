import { percentOf } from '#platform/http';
import type { Catalogue } from '#platform/entitlements';
import type { AlertRow } from './alerts.ts';

const MICROS = 1_000_000;
const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB'] as const;

/** Texts of the mail about an alert, for people: names, amounts in their units, and what happens next. */
export function alertFacts(
  alert: AlertRow,
  {
    account,
    catalogues,
    showModelCost,
  }: {
    readonly account: string;
    readonly catalogues: readonly Catalogue[];
    readonly showModelCost: boolean;
  },
) {
  const catalogue = catalogues.find(({ product }) => product === alert.product);
  const declared = catalogue?.limits[alert.name];
  const inBytes = declared?.kind === 'gauge' && declared.unit === 'bytes';
  const isConcealed = alert.kind === 'budget' && !showModelCost;
  const format = (amount: number) => {
    if (isConcealed) return `${percentOf({ used: amount, max: alert.size })} %`;
    return inBytes ? bytes(amount) : amountOf(alert.kind, amount);
  };
  return {
    account,
    product: catalogue?.name ?? alert.product,
    limit: alert.name.replaceAll('_', ' '),
    percent: alert.threshold,
    used: format(alert.used),
    max: format(alert.size),
    next: nextOf(alert),
  };
}

function amountOf(kind: AlertRow['kind'], amount: number): string {
  return kind === 'budget' ? dollars(amount) : amount.toLocaleString('en-US');
}

/** `$1,234.50`, of micro-dollars. */
export function dollars(amount: number): string {
  return `$${(amount / MICROS).toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}

function bytes(amount: number): string {
  const step = Math.min(UNITS.length - 1, amount < 1 ? 0 : Math.floor(Math.log10(amount) / 3));
  return `${(amount / 1_000 ** step).toLocaleString('en-US', { maximumFractionDigits: 1 })} ${UNITS[step]}`;
}

function nextOf({ kind, threshold, resets_at }: AlertRow): string {
  const rest =
    threshold < 100
      ? 'Nothing is refused yet.'
      : 'Until there is room again, calls that need more are refused.';
  if (resets_at === null)
    return kind === 'credits'
      ? `${rest} More can be bought.`
      : `${rest} Room comes back with what is given up.`;
  const at = new Date(resets_at).toISOString().slice(0, 16).replace('T', ' ');
  return `${rest} It is counted anew at ${at} UTC.`;
}
