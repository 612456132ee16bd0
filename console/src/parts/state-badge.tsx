import { Badge } from '@mantine/core';
import type { ReactNode } from 'react';

export type StateColor = 'red' | 'yellow' | 'gray' | 'accent';

/** A state that asks for a look: in the colour of errors, of warnings, or of none. */
export function StateBadge({
  color = 'gray',
  children,
}: {
  readonly color?: StateColor;
  readonly children: ReactNode;
}) {
  return (
    <Badge color={color} miw="max-content" {...(color === 'yellow' && { c: 'var(--text)' })}>
      {children}
    </Badge>
  );
}
