import { useMoney, useTexts } from '@plinth/console';
import { permissionText, texts } from './texts.ts';

/** What a plugin costs, in words. */
export function usePrice(): (of: { readonly price_cents: number; readonly currency: string }) => string {
  const { say } = useTexts(texts);
  const { minor } = useMoney();
  return ({ price_cents: price, currency }) => (price === 0 ? say('free') : minor(price, currency));
}

/** What a plugin may do, one below the other. */
export function Permissions({ of }: { readonly of: readonly string[] }) {
  const { say } = useTexts(texts);
  if (of.length === 0) return <p className="dim">{say('noPermissions')}</p>;
  return (
    <ul className="settings">
      {of.map((one) => (
        <li key={one}>{permissionText(say, one)}</li>
      ))}
    </ul>
  );
}

/** The same in a row or among facts. */
export function usePermissions(): (of: readonly string[]) => string {
  const { say } = useTexts(texts);
  return (of) => of.map((one) => permissionText(say, one)).join(', ') || '–';
}
