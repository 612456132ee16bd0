import type { ReactNode } from 'react';

interface EmptyProps {
  /** What will be here, why it is useful, and the one thing to do. */
  readonly children: ReactNode;
  /** The way to that thing, where it is on another page. */
  readonly way?: ReactNode;
}

/** A part of a page that has nothing to show yet. */
export const Empty = ({ children, way }: EmptyProps) => (
  <div className="empty">
    <p>{children}</p>
    {way}
  </div>
);
