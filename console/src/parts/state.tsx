import { Badge } from '@mantine/core';

const COLOURS: Readonly<Record<string, string>> = {
  dead: 'red',
  failed: 'red',
  refused: 'red',
  warning: 'yellow',
  running: 'blue',
  sending: 'blue',
  sent: 'blue',
  voided: 'gray',
};
/** States that nobody has to look at. */
const QUIET: ReadonlySet<string> = new Set(['posted', 'done', 'delivered', 'ok', 'enabled']);

/** A state in its own word, or that of its language: in colour only where it means something. */
export function State({ of, text = of }: { readonly of: string; readonly text?: string }) {
  if (QUIET.has(of)) return <span className="dim">{text}</span>;
  return <Badge color={COLOURS[of] ?? 'gray'}>{text}</Badge>;
}
