import type { ReactNode } from 'react';

/** What may be wider than the window: it scrolls by itself, by keyboard too, and the page does not. */
export function Scroll({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div className="scroll" tabIndex={0} role="group" aria-label={label}>
      {children}
    </div>
  );
}
