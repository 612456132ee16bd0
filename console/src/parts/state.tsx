import { StateBadge, type StateColor } from './state-badge.tsx';

const COLOURS: Readonly<Record<string, StateColor>> = {
  dead: 'red',
  failed: 'red',
  refused: 'red',
  warning: 'yellow',
  running: 'accent',
  sending: 'accent',
  sent: 'accent',
  voided: 'gray',
};
/** States that need no look. */
const QUIET: ReadonlySet<string> = new Set(['posted', 'done', 'delivered', 'ok', 'enabled']);

/** A state in its own word, or that of its language: in colour only where it means something. */
export function State({ of, text = of }: { readonly of: string; readonly text?: string }) {
  if (QUIET.has(of)) return <span className="dim">{text}</span>;
  return <StateBadge color={COLOURS[of] ?? 'gray'}>{text}</StateBadge>;
}
